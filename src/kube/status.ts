/**
 * Kubernetes's answers to what went wrong: one constructor per reason, in the real server's words.
 * Source: k8s.io/apimachinery/pkg/api/errors, k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
 */
import { goQuoted } from './go-print.ts'

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly uid?: string
    readonly causes?: readonly StatusCause[]
    readonly retryAfterSeconds?: number
  }
  readonly code: number
}

/** An answer that is not a success; it becomes a reply at one place, {@link statusReply}. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: Status

  constructor(status: Status) {
    super(status.message ?? status.reason ?? `status ${status.code}`)
    this.status = status
  }

  get code(): number {
    return this.status.code
  }

  get reason(): string | undefined {
    return this.status.reason
  }
}

export interface ObjectName {
  readonly group: string
  readonly resource: string
  readonly name: string
}

export const failure = (
  code: number,
  reason: string | undefined,
  message: string,
  details?: Status['details'],
): StatusError =>
  new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  })

const qualified = (ref: { group: string; resource: string }): string =>
  ref.group === '' ? ref.resource : `${ref.resource}.${ref.group}`

const named = (ref: ObjectName): Status['details'] => ({
  name: ref.name,
  ...(ref.group === '' ? {} : { group: ref.group }),
  kind: ref.resource,
})

export const notFound = (ref: ObjectName): StatusError =>
  failure(404, 'NotFound', `${qualified(ref)} ${goQuoted(ref.name)} not found`, named(ref))

/** `prefix` is what the name was to begin with, where the server was to find one. */
export function alreadyExists(ref: ObjectName, prefix = '', isGoing = false): StatusError {
  const there = `${isGoing ? 'object is being deleted: ' : ''}${qualified(ref)} ${goQuoted(ref.name)} already exists`
  return prefix === ''
    ? failure(409, 'AlreadyExists', there, named(ref))
    : failure(409, 'AlreadyExists', `${there}, the server was not able to generate a unique name for the object`, {
        ...named(ref),
        retryAfterSeconds: 1,
      })
}

export const conflict = (
  ref: ObjectName,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(ref)} ${goQuoted(ref.name)}: ${why}`,
    named(ref),
  )

/** Several problems as one text. Source: k8s.io/apimachinery/pkg/util/errors, Aggregate. */
export const aggregated = (texts: readonly string[]): string =>
  texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`

export const causeText = ({ field, message }: Required<StatusCause>): string => `${field}: ${message}`

/** What is wrong with an object as one text, nothing twice. */
export const causesText = (causes: readonly Required<StatusCause>[]): string =>
  aggregated([...new Set(causes.map(causeText))])

/** 422: `kind` is the object's Kind, not its resource. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: readonly Required<StatusCause>[],
): StatusError {
  const label = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return failure(422, 'Invalid', `${label} ${goQuoted(name)} is invalid: ${causesText(causes)}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes,
  })
}

const unsafe = /[&<>]/g

/** A value in a message: Go's encoder of structs is wary of HTML. */
function shown(value: unknown): string {
  if (typeof value === 'string') return goQuoted(value)
  // A long integer has all its digits in Go.
  if (Number.isInteger(value)) return String(BigInt(value as number))
  const text = JSON.stringify(value)
  return typeof value === 'object' && text !== undefined
    ? text.replaceAll(unsafe, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
    : text
}

export const duplicate = (field: string, value: unknown): Required<StatusCause> => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${shown(value)}`,
})

/** A value that names something that is not there. */
export const notFoundValue = (field: string, value: unknown): Required<StatusCause> => ({
  reason: 'FieldValueNotFound',
  field,
  message: `Not found: ${shown(value)}`,
})

export const forbiddenValue = (field: string, text: string): Required<StatusCause> => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${text}`,
})

/** What the server could not find out. */
export const internalValue = (field: string, text: string): Required<StatusCause> => ({
  reason: 'InternalError',
  field,
  message: `Internal error: ${text}`,
})

export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): Required<StatusCause> => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`,
})

export const tooMany = (field: string, actual: number, max: number): Required<StatusCause> => ({
  reason: 'FieldValueTooMany',
  field,
  message: `Too many: ${actual}: must have at most ${max} item${max === 1 ? '' : 's'}`,
})

export const tooLong = (field: string, bytes: number): Required<StatusCause> => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`,
})

export const required = (field: string, detail = ''): Required<StatusCause> => ({
  reason: 'FieldValueRequired',
  message: `Required value${detail === '' ? '' : `: ${detail}`}`,
  field,
})

export const invalidValue = (field: string, value: unknown, detail: string): Required<StatusCause> => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}${detail === '' ? '' : `: ${detail}`}`,
  field,
})

export const badRequest = (message: string): StatusError => failure(400, 'BadRequest', message)

export const internalError = (message: string): StatusError =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })

export const unauthorized = (): StatusError => failure(401, 'Unauthorized', 'Unauthorized')

export const forbidden = (ref: { group: string; resource: string; name: string }, message: string): StatusError =>
  failure(403, 'Forbidden', message, {
    ...(ref.name === '' ? {} : { name: ref.name }),
    ...(ref.group === '' ? {} : { group: ref.group }),
    ...(ref.resource === '' ? {} : { kind: ref.resource }),
  })

/** 403 of admission: `RESOURCE "NAME" is forbidden: WHY`. Source: k8s.io/apiserver/pkg/admission/errors.go, NewForbidden. */
export const notAllowed = (ref: ObjectName, why: string): StatusError =>
  forbidden(ref, `${qualified(ref)} ${JSON.stringify(ref.name)} is forbidden: ${why}`)

export const expired = (message: string): StatusError => failure(410, 'Expired', message)

/** Source: k8s.io/apiserver/pkg/storage/cacher/watch_cache_history.go. */
export const tooOldResourceVersion = (requested: number, oldest: number): StatusError =>
  expired(`too old resource version: ${requested} (${oldest})`)

/** `cached`: a cache hopes to know more a second later. Source: k8s.io/apiserver/pkg/storage/errors.go, NewTooLargeResourceVersionError. */
export const tooLargeResourceVersion = (requested: number, current: number, cached = true): StatusError =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    ...(cached ? { retryAfterSeconds: 1 } : {}),
  })

export const methodNotAllowed = (): StatusError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** `routed`: the router of built-in kinds refuses before their handler could. */
export const notAcceptable = (available: readonly string[], routed: boolean): StatusError => {
  const list = available.join(', ')
  return routed
    ? failure(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${list}`, {})
    : failure(406, 'NotAcceptable', `only the following media types are accepted: ${list}`)
}

export const entityTooLarge = (limit: number): StatusError =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

export const isStatus = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.reason === reason
export const isNotFound = (error: unknown): boolean => isStatus(error, 'NotFound')

/** For `catch`: what is to be deleted may be gone. */
export function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error
}
export const isConflict = (error: unknown): boolean => isStatus(error, 'Conflict')
export const isAlreadyExists = (error: unknown): boolean => isStatus(error, 'AlreadyExists')
export const isExpired = (error: unknown): boolean => error instanceof StatusError && error.code === 410
