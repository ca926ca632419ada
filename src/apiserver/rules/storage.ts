/** What volumes and claims have in common. Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/apis/core/v1/helper. */
import { parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled } from './causes.ts'

type Cause = Required<StatusCause>

const accessModes: Readonly<Record<string, string>> = {
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOnce: 'RWO',
  ReadWriteOncePod: 'RWOP',
}

/** How pods see a volume. */
const volumeModes = ['Block', 'Filesystem']

/** `missing` is what is said of no modes at all. */
export function accessModeCauses(field: string, modes: readonly string[] = [], missing = ''): Cause[] {
  if (modes.length === 0) return [required(field, missing)]
  const known = modes.filter((mode) => accessModes[mode] !== undefined)
  return [
    ...modes.filter((mode) => !known.includes(mode)).map((mode) => notSupported(field, mode, Object.keys(accessModes))),
    ...(new Set(known).size > 1 && known.includes('ReadWriteOncePod')
      ? [forbiddenValue(field, 'may not use ReadWriteOncePod with other access modes')]
      : []),
  ]
}

export interface ClassAndMode {
  readonly storageClassName?: string
  readonly volumeMode?: string
}

export const classAndModeCauses = (path: string, { storageClassName = '', volumeMode }: ClassAndMode): Cause[] => [
  ...(storageClassName === '' ? [] : spelled(`${path}.storageClassName`, storageClassName, subdomainProblems)),
  ...(volumeMode === undefined ? [] : oneOf(`${path}.volumeMode`, volumeMode, volumeModes)),
]

/** `RWO,ROX`, as tables show them. */
export const accessModesText = (modes: readonly string[] = []): string =>
  modes.map((mode) => accessModes[mode] ?? mode).join(',')

/** As tables show it. Source: k8s.io/kubernetes/pkg/printers/internalversion, printPersistentVolume, printPersistentVolumeClaim. */
export const phaseText = ({ metadata, status }: KubeObject): string =>
  metadata.deletionTimestamp === undefined ? ((status as { phase?: string } | undefined)?.phase ?? '') : 'Terminating'

export const positiveCauses = (field: string, amount: string): Cause[] =>
  (parseQuantity(amount) ?? 1) > 0 ? [] : [invalidValue(field, amount, 'must be greater than zero')]
