/**
 * What the extensions of a schema ask of values wherever they are: embedded objects are objects, keyed lists and sets
 * name nothing twice. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{objectmeta,listtype}.
 */
import { inKeyOrder } from '../../kube/go-print.ts'
import { isMap, isRecord } from '../../kube/object.ts'
import { duplicate, invalidValue, type StatusCause } from '../../kube/status.ts'
import { child } from './correlation.ts'
import { embeddedCauses } from './embedded.ts'
import { holding } from './holding.ts'
import type { Structural } from './structural.ts'

type Cause = Required<StatusCause>

/** Where a value stands: most are in order, and nobody asks. */
type At = () => string

interface Invariant {
  readonly holds: (node: Structural) => boolean
  readonly causes: (node: Structural, value: unknown, at: At) => readonly Cause[]
}

const isUnique = ({ props: { 'x-kubernetes-list-type': type } }: Structural): boolean =>
  type === 'set' || type === 'map'

const embedded: Invariant = {
  holds: holding((node) => node.embedded),
  causes: (node, value, at) => (node.embedded && at() !== '' && isMap(value) ? embeddedCauses(value, at()) : []),
}

const unique: Invariant = {
  holds: holding(isUnique),
  causes: (node, value, at) => (isUnique(node) && Array.isArray(value) ? repeatedCauses(node, value, at) : []),
}

/** At `path`: within the whole object, at ''. */
export const embeddedProblems = (node: Structural, value: unknown, path = ''): Cause[] =>
  found(embedded, node, value, () => path)

/** Where something was twice before the update, it may stay so. */
export function listProblems(node: Structural, value: unknown, before?: unknown): Cause[] {
  const within = (object: unknown): Cause[] => found(unique, node, object, () => '')
  const causes = within(value)
  return causes.length > 0 && before !== undefined && within(before).length > 0 ? [] : causes
}

function found(invariant: Invariant, node: Structural, value: unknown, at: At, causes: Cause[] = []): Cause[] {
  if (!invariant.holds(node) || typeof value !== 'object' || value === null) return causes
  causes.push(...invariant.causes(node, value, at))
  const { items } = node
  if (Array.isArray(value) && items !== undefined)
    for (const [index, item] of value.entries()) found(invariant, items, item, () => `${at()}[${index}]`, causes)
  if (isMap(value))
    for (const [key, item] of Object.entries(value)) {
      const property = node.properties.get(key)
      const below = property ?? node.additional
      const path = (): string => (property === undefined ? `${at()}[${key}]` : child(at(), key))
      if (below !== undefined) found(invariant, below, item, path, causes)
    }
  return causes
}

/** Each is told once, however often it comes again. */
function repeatedCauses({ props }: Structural, list: readonly unknown[], at: At): Cause[] {
  const isKeyed = props['x-kubernetes-list-type'] === 'map'
  const stray = isKeyed ? list.findIndex((item) => item !== null && !isMap(item)) : -1
  if (stray !== -1)
    return [invalidValue(`${at()}[${stray}]`, list[stray], 'must be an object for an array of list-type map')]
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
    return times.get(id) === 2 ? [duplicate(`${at()}[${index}]`, key)] : []
  })
}
