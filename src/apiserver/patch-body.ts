/** What a patch's body says, by the kind of patch. Source: k8s.io/apiserver/pkg/endpoints/handlers/patch.go. */
import { notUnmarshaled } from '../kube/go-print.ts'
import type { Exchange } from '../kube/handler.ts'
import { operationsOf, PatchError } from '../kube/json-patch.ts'
import { isRecord } from '../kube/object.ts'
import { badRequest, failure, unsupportedMediaType } from '../kube/status.ts'
import { bodyBytesMax, MalformedBody, parse, parseYaml, type ReadBody } from './body.ts'
import type { ResourceDefinition } from './definition.ts'

export const mergePatchType = 'application/merge-patch+json'
export const jsonPatchType = 'application/json-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'

export interface PatchBody extends ReadBody {
  readonly type: string
}

const customTypes: readonly string[] = [jsonPatchType, mergePatchType, applyPatchType]
const builtInTypes: readonly string[] = [jsonPatchType, mergePatchType, strategicPatchType, applyPatchType]

/** Unlike other types it is compared as it is. Throws 415: of a built-in kind the router does, before anybody has looked at the request. */
export function patchTypeOf({ custom }: ResourceDefinition, exchange: Exchange): string {
  const [type] = String(exchange.headers['content-type'] ?? '').split(';', 1) as [string]
  const types = custom === true ? customTypes : builtInTypes
  if (types.includes(type)) return type
  throw custom === true || types.includes(type.trim())
    ? unsupportedMediaType(types)
    : failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
}

/**
 * Reads a patch of that type. What it is a patch of is looked for before it is decoded, by `found`. Throws 400 for
 * what is no patch.
 */
export async function readPatch(exchange: Exchange, type: string, found: () => void): Promise<PatchBody> {
  const { value } = exchange.body
  const bytes = value === undefined ? await exchange.body.read(bodyBytesMax) : undefined
  found()
  if (bytes === undefined) return { value, warnings: [], type }
  if (type === applyPatchType) return { ...parsed(() => parseYaml(bytes), applied), type }
  const isLax = exchange.request.query.get('fieldValidation') === 'Ignore'
  const read = (): ReadBody => parse(bytes.toString('utf8'))
  if (type === jsonPatchType) return { ...operations(read, isLax), type }
  if (type === strategicPatchType) return { ...strategic(read), type }
  return { ...(isLax ? laxMerge(read) : merge(read)), type }
}

const applied = (problem: string): string => `error decoding YAML: error converting YAML to JSON: ${problem}`
const decoding = (problem: string): string => `error decoding patch: ${problem}`

function parsed(read: () => ReadBody, words: (problem: string) => string): ReadBody {
  try {
    return read()
  } catch (error) {
    throw error instanceof MalformedBody ? badRequest(words(error.problem)) : (error as Error)
  }
}

/** Nothing is no operation. Who asks for no validation gets the words of another decoder. */
function operations(read: () => ReadBody, isLax: boolean): ReadBody {
  const body = parsed(read, isLax ? String : decoding)
  const problem = isLax ? undefined : operationsProblem(body.value ?? [])
  if (problem !== undefined) throw badRequest(decoding(problem))
  const value = laxOperations(body.value)
  const warnings = [...body.warnings, ...unknownFields(value)].map((warning) => `json patch ${warning}`)
  return { ...body, value, warnings }
}

function laxOperations(value: unknown): readonly unknown[] {
  try {
    return operationsOf(value)
  } catch (error) {
    throw error instanceof PatchError ? badRequest(error.message) : (error as Error)
  }
}

const operationFields = ['op', 'path', 'from']

function operationsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return notUnmarshaled(value, '[]handlers.jsonPatchOp')
  for (const operation of value as unknown[]) {
    if (operation === null) continue
    if (!isRecord(operation)) return notUnmarshaled(operation, 'handlers.jsonPatchOp')
    const field = Object.keys(operation).find(
      (name) => operationFields.includes(name) && operation[name] !== null && typeof operation[name] !== 'string',
    )
    if (field !== undefined)
      return notUnmarshaled(operation[field], 'string').replace('Go value', `Go struct field jsonPatchOp.${field}`)
  }
  return undefined
}

const unknownFields = (operations: readonly unknown[]): string[] =>
  operations.flatMap((operation, at) =>
    Object.keys(operation ?? {})
      .filter((name) => name !== 'value' && !operationFields.includes(name))
      .map((name) => `unknown field "[${at}].${name}"`),
  )

const mapType = 'map[string]interface {}'

/** Nothing is a patch here, and changes nothing. */
function strategic(read: () => ReadBody): ReadBody {
  const body = parsed(read, String)
  if (body.value !== null && !isRecord(body.value)) throw badRequest(notUnmarshaled(body.value, mapType))
  return body
}

const noPatch = 'Invalid JSON Patch'

function merge(read: () => ReadBody): ReadBody {
  const body = parsed(read, decoding)
  if (body.value === null) throw badRequest(noPatch)
  if (!isRecord(body.value)) throw badRequest(decoding(notUnmarshaled(body.value, mapType)))
  return body
}

/** A list takes the object's place, and is none then. */
function laxMerge(read: () => ReadBody): ReadBody {
  const body = parsed(read, () => noPatch)
  if (!isRecord(body.value) && !Array.isArray(body.value)) throw badRequest(noPatch)
  return body
}
