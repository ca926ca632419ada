/** What volumes and claims have in common. Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/apis/core/v1/helper. */
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>

const accessModes: Readonly<Record<string, string>> = {
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOnce: 'RWO',
  ReadWriteOncePod: 'RWOP',
}

/** `missing` is what is said of no modes at all. */
export function accessModeCauses(field: string, modes: readonly string[] | undefined, missing = ''): Cause[] {
  if (modes === undefined || modes.length === 0) return [required(field, missing)]
  return modes
    .filter((mode) => accessModes[mode] === undefined)
    .map((mode) => notSupported(field, mode, Object.keys(accessModes)))
}

export interface ClaimSpec {
  readonly accessModes?: readonly string[]
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
  readonly volumeName?: string
}

/** Source: ValidatePersistentVolumeClaimSpec. */
export const claimCauses = (path: string, { accessModes, resources }: ClaimSpec = {}): Cause[] => [
  ...accessModeCauses(`${path}.accessModes`, accessModes, 'at least 1 access mode is required'),
  ...amountCauses(`${path}.resources[storage]`, resources?.requests?.['storage']),
]

/** `RWO,ROX`, as tables show them. */
export const accessModesText = (modes: readonly string[] = []): string =>
  modes.map((mode) => accessModes[mode] ?? mode).join(',')

/** As tables show it. Source: k8s.io/kubernetes/pkg/printers/internalversion, printPersistentVolume, printPersistentVolumeClaim. */
export const phaseText = ({ metadata, status }: KubeObject): string =>
  metadata.deletionTimestamp === undefined ? ((status as { phase?: string } | undefined)?.phase ?? '') : 'Terminating'

export function amountCauses(field: string, amount: unknown): Cause[] {
  if (amount === undefined) return [required(field)]
  return (parseQuantity(amount) ?? 1) > 0 ? [] : [invalidValue(field, amount, 'must be greater than zero')]
}
