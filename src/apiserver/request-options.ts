/**
 * What may be asked beside the object of a write. Source:
 * k8s.io/apimachinery/pkg/apis/meta/v1/validation, meta/internalversion/validation; k8s.io/apimachinery/pkg/conversion/queryparams.
 */
import { managerBytesMax } from './apply/managers.ts'
import { unprintable } from '../kube/go-print.ts'
import { integerProblem } from '../kube/go-number.ts'
import type { KubeRequest } from '../kube/request.ts'
import {
  badRequest,
  forbiddenValue,
  invalid,
  invalidValue,
  notSupported,
  required,
  tooLong,
  type StatusCause,
} from '../kube/status.ts'

type Cause = Required<StatusCause>

const kinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
}

/** Throws 422 for options of a write that can't be meant; `applies` says what kind of patch it is. */
export function checkOptions({ verb, query }: KubeRequest, applies: boolean): void {
  const kind = kinds[verb]
  if (kind === undefined || (query.size === 0 && !applies)) return
  const causes = [
    ...(verb === 'patch' ? patchCauses(query, applies) : []),
    ...managerCauses(query.get('fieldManager') ?? ''),
    ...dryRunCauses(query.getAll('dryRun')),
    ...validationCauses(query.get('fieldValidation') ?? ''),
  ]
  if (causes.length > 0) throw invalidOptions(kind, ...causes)
}

function patchCauses(query: URLSearchParams, applies: boolean): Cause[] {
  if (applies)
    return (query.get('fieldManager') ?? '') === '' ? [required('fieldManager', 'is required for apply patch')] : []
  return query.has('force') ? [forbiddenValue('force', 'may not be specified for non-apply patch')] : []
}

const validations = ['', 'Ignore', 'Strict', 'Warn']

const validationCauses = (validation: string): Cause[] =>
  validations.includes(validation) ? [] : [notSupported('fieldValidation', validation, validations)]

function managerCauses(manager: string): Cause[] {
  if (/^[ -~]{0,128}$/.test(manager)) return []
  const misprints = [...manager.matchAll(unprintable)].map(({ 0: character, index }) => {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
    const at = Buffer.byteLength(manager.slice(0, index))
    return invalidValue('fieldManager', manager, `invalid character U+${code} (at position ${at})`)
  })
  return [
    ...(Buffer.byteLength(manager) > managerBytesMax ? [tooLong('fieldManager', managerBytesMax)] : []),
    ...misprints,
  ]
}

export const dryRunCauses = (dryRun: readonly string[]): Cause[] =>
  dryRun.some((each) => each !== 'All') ? [notSupported('dryRun', dryRun, ['All'])] : []

/** Throws 400 for what is there and no number. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const problem = integerProblem(text, 'ParseInt')
  if (problem !== undefined) throw badRequest(problem)
  return Number(text)
}

/** 422 for options of that kind, as `ListOptions`. */
export const invalidOptions = (kind: string, ...causes: Cause[]): Error =>
  invalid({ group: 'meta.k8s.io', kind }, '', causes)
