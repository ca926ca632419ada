/**
 * What may be asked beside the object: dry runs, propagation, limits. Source:
 * k8s.io/apimachinery/pkg/apis/meta/v1/validation, meta/internalversion/validation; k8s.io/apimachinery/pkg/conversion/queryparams.
 */
import type { KubeRequest } from '../kube/request.ts'
import { badRequest, invalid, invalidValue, notSupported, tooLong, type StatusCause } from '../kube/status.ts'

type Cause = Required<StatusCause>

const kinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
}

const numbers = ['limit', 'timeoutSeconds', 'gracePeriodSeconds'] as const

const fieldManagerBytesMax = 128

/** Throws 400 or 422 for options that can't be meant. */
export function checkOptions({ verb, query }: KubeRequest): void {
  for (const name of numbers) {
    const value = query.get(name)
    if (value !== null && value !== '' && !/^[+-]?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  }
  const kind = kinds[verb]
  if (kind === undefined) return
  const dryRun = query.getAll('dryRun')
  checkDryRun(kind, dryRun)
  const managers = managerCauses(query.get('fieldManager') ?? '')
  if (managers.length > 0) throw invalidOptions(kind, ...managers)
  const validation = query.get('fieldValidation')
  if (validation !== null && validation !== '' && !['Ignore', 'Warn', 'Strict'].includes(validation))
    throw invalidOptions(kind, notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  if (kind === 'DeleteOptions') checkPropagation(query.get('propagationPolicy') ?? undefined)
}

function managerCauses(manager: string): Cause[] {
  if (/^[ -~]{0,128}$/.test(manager)) return []
  const unprintable = [...manager.matchAll(/[^\P{C}]|[^\P{Z} ]/gu)].map(({ 0: character, index }) => {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
    const at = Buffer.byteLength(manager.slice(0, index))
    return invalidValue('fieldManager', manager, `invalid character U+${code} (at position ${at})`)
  })
  return [
    ...(Buffer.byteLength(manager) > fieldManagerBytesMax ? [tooLong('fieldManager', fieldManagerBytesMax)] : []),
    ...unprintable,
  ]
}

export function checkDryRun(kind: string, dryRun: readonly string[]): void {
  if (dryRun.some((each) => each !== 'All')) throw invalidOptions(kind, notSupported('dryRun', dryRun, ['All']))
}

export function checkPropagation(policy: string | undefined): void {
  if (policy === undefined || policy === '' || ['Foreground', 'Background', 'Orphan'].includes(policy)) return
  throw invalidOptions(
    'DeleteOptions',
    notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']),
  )
}

/** 422 for options of that kind, as `ListOptions`. */
export const invalidOptions = (kind: string, ...causes: Cause[]): Error =>
  invalid({ group: 'meta.k8s.io', kind }, '', causes)
