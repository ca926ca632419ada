/**
 * What the extensions of a schema ask of values wherever they are: embedded objects are objects, keyed lists and sets
 * name nothing twice. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{objectmeta,listtype}.
 */
import { inKeyOrder } from '../../kube/go-print.ts'
import { isMap, isRecord, recordOf } from '../../kube/object.ts'
import { duplicate, invalidValue, type StatusCause } from '../../kube/status.ts'
import { child } from './correlation.ts'
import { embeddedCauses } from './embedded.ts'
import { holding } from './holding.ts'
import type { Structural } from './structural.ts'

type Cause = Required<StatusCause>

interface Invariant {
  readonly holds: (node: Structural) => boolean
  readonly causes: (node: Structural, value: unknown, path: string) => readonly Cause[]
}

const isUnique = ({ props: { 'x-kubernetes-list-type': type } }: Structural): boolean =>
  type === 'set' || type === 'map'

const embedded: Invariant = {
  holds: holding((node) => node.embedded),
  causes: (node, value, path) => (node.embedded && path !== '' && isMap(value) ? embeddedCauses(value, path) : []),
}

const unique: Invariant = {
  holds: holding(isUnique),
  causes: (node, value, path) => (isUnique(node) && Array.isArray(value) ? repeatedCauses(node, value, path) : []),
}

/** At `path`: within the whole object, at ''. */
export const embeddedProblems = (node: Structural, value: unknown, path = ''): Cause[] =>
  found(embedded, node, value, path)

/** Where something was twice before the update, it may stay so. */
export function listProblems(node: Structural, value: unknown, before?: unknown): Cause[] {
  const causes = found(unique, node, value, '')
  return causes.length > 0 && before !== undefined && found(unique, node, before, '').length > 0 ? [] : causes
}

const found = (invariant: Invariant, node: Structural, value: unknown, path: string): Cause[] =>
  isBroken(invariant, node, value, path) ? toldOf(invariant, node, value, path) : []

/** Most objects are in order: nobody asks then where anything stands. */
function isBroken(invariant: Invariant, node: Structural, value: unknown, path: string): boolean {
  if (!invariant.holds(node) || typeof value !== 'object' || value === null) return false
  if (invariant.causes(node, value, path).length > 0) return true
  const below = (at: Structural | undefined, item: unknown): boolean =>
    at !== undefined && isBroken(invariant, at, item, 'below')
  if (Array.isArray(value)) return value.some((item) => below(node.items, item))
  return Object.keys(value).some((key) => below(node.properties.get(key) ?? node.additional, recordOf(value)[key]))
}

function toldOf(invariant: Invariant, node: Structural, value: unknown, path: string): Cause[] {
  if (!invariant.holds(node) || typeof value !== 'object' || value === null) return []
  const below = (at: Structural | undefined, item: unknown, step: string): Cause[] =>
    at === undefined ? [] : toldOf(invariant, at, item, step)
  const within = Array.isArray(value)
    ? value.flatMap((item, index) => below(node.items, item, `${path}[${index}]`))
    : Object.entries(value).flatMap(([key, item]) => {
        const property = node.properties.get(key)
        return below(property ?? node.additional, item, property === undefined ? `${path}[${key}]` : child(path, key))
      })
  return [...invariant.causes(node, value, path), ...within]
}

/** Each is told once, however often it comes again. */
function repeatedCauses({ props }: Structural, list: readonly unknown[], path: string): Cause[] {
  const isKeyed = props['x-kubernetes-list-type'] === 'map'
  const stray = isKeyed ? list.findIndex((item) => item !== null && !isMap(item)) : -1
  if (stray !== -1)
    return [invalidValue(`${path}[${stray}]`, list[stray], 'must be an object for an array of list-type map')]
  const keys = props['x-kubernetes-list-map-keys'] ?? []
  const keyOf = (item: unknown): unknown =>
    isKeyed
      ? Object.fromEntries(
          keys.flatMap((key) => (isRecord(item) && Object.hasOwn(item, key) ? [[key, item[key]]] : [])),
        )
      : item
  const times = new Map<string, number>()
  return list.flatMap((item, index) => {
    const key = inKeyOrder(keyOf(item))
    const id = JSON.stringify(key)
    times.set(id, (times.get(id) ?? 0) + 1)
    return times.get(id) === 2 ? [duplicate(`${path}[${index}]`, key)] : []
  })
}
