/** Claims of volumes. Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/api/persistentvolumeclaim. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { spelled } from './causes.ts'
import { goDiff } from './go-diff.ts'
import { labelSelectorCauses } from './label-selector.ts'
import { accessModeCauses, classAndModeCauses, positiveCauses, type ClassAndMode } from './storage.ts'

type Cause = Required<StatusCause>

interface DataSource {
  readonly apiGroup?: string | null
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

export interface ClaimSpec extends ClassAndMode {
  readonly accessModes?: readonly string[]
  readonly selector?: LabelSelector
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
  readonly volumeName?: string
  readonly volumeAttributesClassName?: string
  readonly dataSource?: DataSource
  readonly dataSourceRef?: DataSource
}

/** Where a new claim's data comes from has two names; one says what the other does. */
export function withBothSources(spec: ClaimSpec): ClaimSpec {
  const { dataSource, dataSourceRef } = spec
  if (dataSource !== undefined && dataSourceRef === undefined)
    return { ...spec, dataSourceRef: { apiGroup: null, ...dataSource } }
  if (dataSource === undefined && dataSourceRef !== undefined && (dataSourceRef.namespace ?? '') === '') {
    const { namespace: _, ...source } = dataSourceRef
    return { ...spec, dataSource: { apiGroup: null, ...source } }
  }
  return spec
}

/** What was the only source once, by its kind. */
const oldSources: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: '',
  VolumeSnapshot: 'snapshot.storage.k8s.io',
}

/** Without sources that the server does not keep. Source: DropDisabledFields, EnforceDataSourceBackwardsCompatibility. */
export function withoutUnknownSource(spec: ClaimSpec): ClaimSpec {
  const { dataSource, dataSourceRef, ...rest } = spec
  const reference = (dataSourceRef?.namespace ?? '') === '' ? dataSourceRef : undefined
  const known =
    dataSource !== undefined && (reference !== undefined || oldSources[dataSource.kind] === (dataSource.apiGroup ?? ''))
  return {
    ...rest,
    ...(known ? { dataSource } : {}),
    ...(reference === undefined ? {} : { dataSourceRef: reference }),
  }
}

/** Source: ValidatePersistentVolumeClaimSpec. */
export function claimCauses(path: string, spec: ClaimSpec = {}): Cause[] {
  const storage = spec.resources?.requests?.['storage']
  const at = `${path}.resources[storage]`
  return [
    ...(spec.accessModes?.length
      ? []
      : accessModeCauses(`${path}.accessModes`, [], 'at least 1 access mode is required')),
    ...labelSelectorCauses(`${path}.selector`, spec.selector),
    ...(spec.accessModes?.length ? accessModeCauses(`${path}.accessModes`, spec.accessModes) : []),
    ...(storage === undefined ? [required(at)] : positiveCauses(at, storage)),
    ...classAndModeCauses(path, spec),
    ...sourceCauses(`${path}.dataSource`, spec.dataSource),
    ...sourceCauses(`${path}.dataSourceRef`, spec.dataSourceRef),
    ...(spec.dataSource !== undefined && spec.dataSourceRef !== undefined && !sameSource(spec)
      ? [invalidValue(path, {}, 'must match dataSourceRef')]
      : []),
    ...((spec.volumeAttributesClassName ?? '') === ''
      ? []
      : spelled(`${path}.volumeAttributesClassName`, spec.volumeAttributesClassName as string, subdomainProblems)),
  ]
}

function sameSource({ dataSource, dataSourceRef }: ClaimSpec): boolean {
  const shown = ({ apiGroup = null, kind, name }: DataSource): object => ({ apiGroup, kind, name })
  return deepEqual(shown(dataSource as DataSource), shown(dataSourceRef as DataSource))
}

function sourceCauses(path: string, source: DataSource | undefined): Cause[] {
  if (source === undefined) return []
  const { kind = '', name = '', namespace = '' } = source
  const group = source.apiGroup ?? ''
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(kind === '' ? [required(`${path}.kind`)] : []),
    ...(group === '' && kind !== 'PersistentVolumeClaim'
      ? [invalidValue(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(group === '' ? [] : spelled(`${path}.apiGroup`, group, subdomainProblems)),
    ...(namespace === '' ? [] : spelled(`${path}.namespace`, namespace, labelProblems)),
  ]
}

interface ClaimStatus {
  readonly phase?: string
  readonly capacity?: Readonly<Record<string, string>>
}

const storageOf = (amounts: Readonly<Record<string, string>> | undefined): number =>
  parseQuantity(amounts?.['storage'] ?? '0') ?? 0

/** What may change of a claim: its size and its attributes, once it has a volume. Source: ValidatePersistentVolumeClaimUpdate. */
export function claimChangeCauses(spec: ClaimSpec, before: ClaimSpec, status: ClaimStatus = {}): Cause[] {
  const bound = status.phase === 'Bound'
  const size = 'spec.resources.requests.storage'
  const [now, was] = [storageOf(spec.resources?.requests), storageOf(before.resources?.requests)]
  const old = (before.volumeName ?? '') === '' ? withField(before, 'volumeName', spec.volumeName) : before
  const sized = bound ? asBefore(spec, before) : spec
  // Whoever named no class may get one.
  const munged = before.storageClassName === undefined ? withField(sized, 'storageClassName', undefined) : sized
  return [
    ...(deepEqual(munged, old)
      ? []
      : [
          forbiddenValue(
            'spec',
            `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${goDiff('core-v1.PersistentVolumeClaimSpec', old, munged)}`,
          ),
        ]),
    ...(now < was && now <= storageOf(status.capacity)
      ? [forbiddenValue(size, 'field can not be less than status.capacity')]
      : []),
    ...(spec.volumeMode === before.volumeMode
      ? []
      : [invalidValue('volumeMode', spec.volumeMode ?? null, 'field is immutable')]),
  ]
}

function asBefore(spec: ClaimSpec, before: ClaimSpec): ClaimSpec {
  const { requests } = spec.resources ?? {}
  const storage = before.resources?.requests?.['storage'] as string
  const sized = isRecord(requests)
    ? { ...spec, resources: { ...spec.resources, requests: { ...requests, storage } } }
    : spec
  return withField(sized, 'volumeAttributesClassName', before.volumeAttributesClassName)
}

function withField(
  spec: ClaimSpec,
  name: 'volumeName' | 'volumeAttributesClassName' | 'storageClassName',
  value: string | undefined,
): ClaimSpec {
  const { [name]: _, ...rest } = spec
  return value === undefined ? rest : { ...rest, [name]: value }
}
