/**
 * What a client sent, as the kind has it: fields that the kind doesn't have are dropped and named, in the manner that
 * `fieldValidation` asks for. Source: k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch}.go.
 */
import { withoutNulls } from '../kube/patch.ts'
import type { Exchange } from '../kube/handler.ts'
import { goPrinted } from '../kube/go-print.ts'
import { apiVersionOf, isMap, isRecord } from '../kube/object.ts'
import { badRequest, invalid, invalidValue } from '../kube/status.ts'
import { TypeMismatch } from '../kube/types/go-value.ts'
import { normalize } from '../kube/types/normalize.ts'
import type { Message } from '../kube/types/tables.ts'
import type { ReadBody } from './body.ts'
import type { ResourceDefinition } from './definition.ts'
import { jsonPatchType, mergePatchType, strategicPatchType } from './patch-body.ts'
import { wireType } from './represent.ts'
import { patchedText } from './patch-text.ts'
import { saidKind } from './said-kind.ts'
import type { KubeObject } from './types.ts'
import { noteWarnings } from './warnings.ts'

/** What was sent; a patch says its type, and what it is merged into. */
type SentBody = ReadBody & { readonly type?: string; readonly live?: unknown }

export interface Conformed {
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

/** `before` is what a patch started from. Throws 400 (422 for a patch) under `fieldValidation=Strict`, and for a value of the wrong type. */
export function conformed(
  definition: ResourceDefinition,
  exchange: Exchange,
  object: KubeObject,
  body: SentBody,
  before?: KubeObject,
): Conformed {
  // A caller in this process hands over objects of its own making, not bytes.
  if (exchange.body.value !== undefined) return { object, warnings: [] }
  const unknown: string[] = []
  const clean = conform(definition, exchange, object, body, before, (path) => unknown.push(path))
  const warnings = unknownWarnings(definition, exchange, object, body, inOrder(unknown, definition, body.type))
  return { object: withReset(object, clean), warnings }
}

/** What is said of fields that the kind doesn't have, and of those that came twice. Throws 400 and 422 under `fieldValidation=Strict`. */
export function unknownWarnings(
  definition: ResourceDefinition,
  exchange: Exchange,
  object: KubeObject,
  body: SentBody,
  paths: readonly string[],
): readonly string[] {
  const unknownFields = paths.map((path) => `unknown field "${path}"`)
  const mode = exchange.request.query.get('fieldValidation')
  const repeated = definition.custom === true || body.type !== undefined ? body.warnings : ofKnown(body.warnings, paths)
  const errors = [...(body.errors ?? repeated), ...unknownFields]
  if (mode === 'Strict' && errors.length > 0)
    throw undecodable(definition, exchange, object, body, `strict decoding error: ${errors.join(', ')}`)
  const warnings = mode === 'Ignore' ? [] : [...repeated, ...unknownFields]
  noteWarnings(exchange, warnings)
  return warnings
}

/** Go's decoder sees no second time a field that it doesn't know. */
const ofKnown = (warnings: readonly string[], unknown: readonly string[]): readonly string[] =>
  warnings.filter(
    (warning) =>
      !unknown.some(
        (field) => warning === `duplicate field "${field}"` || warning.startsWith(`duplicate field "${field}.`),
      ),
  )

/** Those of a custom resource and of what a patch touches come by name, those of a strategic merge from above. */
function inOrder(paths: string[], { custom }: ResourceDefinition, type: string | undefined): string[] {
  const depth = (path: string): number => path.split('.').length
  const named = custom === true || type === mergePatchType || type === jsonPatchType
  if (!named) return type === strategicPatchType ? paths.sort((a, b) => depth(a) - depth(b)) : paths
  // The metadata of a custom resource is read before the rest.
  const isFirst = (path: string): boolean => custom === true && path.startsWith('metadata.')
  return [...paths.filter(isFirst).sort(), ...paths.filter((path) => !isFirst(path)).sort()]
}

/** An empty list of managers is no list in the kind's form, and asks for one to be begun anew all the same. */
function withReset({ metadata: { managedFields } }: KubeObject, clean: KubeObject): KubeObject {
  return Array.isArray(managedFields) && managedFields.length === 0
    ? { ...clean, metadata: { ...clean.metadata, managedFields } }
    : clean
}

function conform(
  definition: ResourceDefinition,
  exchange: Exchange,
  object: KubeObject,
  body: SentBody,
  before: KubeObject | undefined,
  report: (path: string) => void,
): KubeObject {
  const message = wireType(definition)
  if (message === undefined && definition.conform === undefined) return object
  try {
    if (definition.conform !== undefined) return asSaid(definition, object, report)
    const cuts = body.type === strategicPatchType
    return normalize(message as Message, object, report, before, cuts) as unknown as KubeObject
  } catch (error) {
    if (error instanceof TypeMismatch)
      throw undecodable(
        definition,
        exchange,
        object,
        body,
        body.type === strategicPatchType ? error.unstructured : error.message,
      )
    throw error
  }
}

/** A custom resource in the version that it says it is of, whether or not that will do; of another kind it is left as it is. */
function asSaid(definition: ResourceDefinition, object: KubeObject, report: (path: string) => void): KubeObject {
  const { apiVersion, kind, metadata, ...fields } = object
  const own = (definition: ResourceDefinition | undefined): KubeObject | undefined =>
    definition?.conform?.(object, report)
  if (apiVersion === apiVersionOf(definition) && kind === definition.kind) return own(definition) as KubeObject
  const isKind = kind === definition.kind && apiVersion?.startsWith(`${definition.group}/`) === true
  const known = isKind ? own(definition.sibling?.(apiVersion)) : undefined
  if (known !== undefined) return known
  if (isKind) Object.keys(fields).forEach(report)
  return { ...object, ...definition.conform?.({ apiVersion, kind, metadata }, report) }
}

/** A built-in object in the form that Go prints: with the fields that are never left out. */
export function asPrinted(definition: ResourceDefinition, object: KubeObject, cuts = false): KubeObject {
  const message = wireType(definition)
  return message === undefined
    ? object
    : (normalize(message, object, () => {}, undefined, cuts) as unknown as KubeObject)
}

/** 400, and 422 for a patch, which is quoted. */
export function undecodable(
  definition: ResourceDefinition,
  exchange: Exchange,
  object: KubeObject,
  { type, value, live }: SentBody,
  problem: string,
): Error {
  if (exchange.request.verb === 'patch') {
    // A strategic merge works on Go's maps, the others on JSON.
    const json = isRecord(object) ? patchedText(object, value, wireType(definition)) : JSON.stringify(object)
    const shown = type === strategicPatchType ? goPrinted(carriedOut(value, live)) : json
    return invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, problem)])
  }
  const { kind, version } = definition.custom === true ? saidKind(object) : definition
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${definition.kind}: ${problem}`)
}

/**
 * A strategic merge patch as merging into an object leaves it: what it says of orders and of keys to keep is taken from
 * it, with the lists that have an order, and that a map is replaced, in which nothing is merged; what is new has no
 * nulls any more.
 */
function carriedOut(patch: unknown, live: unknown): unknown {
  if (Array.isArray(patch) && Array.isArray(live)) return patch
  if (!isMap(patch) || !isMap(live)) return withoutNulls(patch)
  const { $patch: directive, ...rest } = patch
  if (directive !== undefined) return directive === 'replace' ? rest : patch
  const isDone = (key: string): boolean =>
    key === '$retainKeys' || key.startsWith(orderOf) || Object.hasOwn(patch, orderOf + key)
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key]) => !isDone(key))
      .map(([key, value]) => [key, value === null ? null : carriedOut(value, live[key])]),
  )
}

const orderOf = '$setElementOrder/'
