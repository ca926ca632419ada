/** Classes of storage. Source: k8s.io/kubernetes/pkg/apis/storage/validation, ValidateStorageClass and its update. */
import { deepEqual } from '../../kube/object.ts'
import { duplicate, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import type { KubeObject } from '../types.ts'
import { immutable, oneOf, spelled } from './causes.ts'
import { labelWarnings } from './node-label-warnings.ts'

type Cause = Required<StatusCause>

interface Requirement {
  readonly key: string
  readonly values?: readonly string[] | null
}

type StorageClass = KubeObject & {
  readonly provisioner?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly reclaimPolicy?: string
  readonly volumeBindingMode?: string
  readonly allowedTopologies?: readonly { readonly matchLabelExpressions?: readonly Requirement[] }[]
}

const fixed = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']

export function storageClassCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const { provisioner = '', parameters = {}, reclaimPolicy, volumeBindingMode, ...rest } = object as StorageClass
  // No parameters are as many as none.
  const changed = fixed.filter((field) => field !== 'parameters' || !deepEqual(parameters, before?.[field] ?? {}))
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : spelled('provisioner', provisioner.toLowerCase(), qualifiedNameProblems)),
    ...('' in parameters ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...(reclaimPolicy === '' ? [] : oneOf('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain'])),
    ...oneOf('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ...topologyCauses(rest.allowedTopologies ?? []),
    ...(before === undefined ? [] : changed.flatMap((field) => immutable(field, sentAs(object, field), before[field]))),
  ]
}

/** Source: pkg/api/storage/util.go. */
export const storageClassWarnings = (object: KubeObject): string[] =>
  ((object as StorageClass).allowedTopologies ?? []).flatMap(({ matchLabelExpressions = [] }, index) =>
    matchLabelExpressions.flatMap(({ key }, n) =>
      labelWarnings(`allowedTopologies[${index}].matchLabelExpressions[${n}].key`, key),
    ),
  )

/** Source: ValidateVolumeAttributesClass and its update. */
export function volumeAttributesCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const { driverName = '', parameters = {} } = object as KubeObject & {
    readonly driverName?: string
    readonly parameters?: Readonly<Record<string, string>>
  }
  return [
    ...(before === undefined
      ? []
      : ['driverName', 'parameters']
          .filter((field) => !deepEqual(object[field] ?? null, before[field] ?? null))
          .map((field) => forbiddenValue(field, `updates to ${field} are forbidden.`))),
    ...(driverName === ''
      ? [required('driverName')]
      : spelled('driverName', driverName.toLowerCase(), qualifiedNameProblems)),
    ...(Object.keys(parameters).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
    ...('' in parameters ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
  ]
}

const topologyCauses = (terms: NonNullable<StorageClass['allowedTopologies']>): Cause[] =>
  terms.flatMap(({ matchLabelExpressions: requirements = [] }, index, all) => [
    ...requirements.flatMap(({ key, values }, n) => {
      const at = `allowedTopologies[${index}].matchLabelExpressions[${n}]`
      const list = values ?? []
      return [
        ...(list.length === 0 ? [required(`${at}.values`)] : []),
        ...list.flatMap((value, place) =>
          list.indexOf(value) < place ? [duplicate(`${at}.values[${place}]`, value)] : [],
        ),
        ...spelled(`${at}.key`, key, qualifiedNameProblems),
        ...(requirements.findIndex((other) => other.key === key) < n ? [duplicate(`${at}.key`, key)] : []),
      ]
    }),
    ...Array<Cause>(likenesses(all, index)).fill(duplicate(`allowedTopologies[${index}].matchLabelExpressions`, '')),
  ])

/** How many say the same before it; one that asks for nothing is also compared with the place of each. */
function likenesses(all: readonly Term[], index: number): number {
  const asked = requirementsOf(all[index] as Term)
  const alike = all.slice(0, index).filter((earlier) => deepEqual(requirementsOf(earlier), asked)).length
  return alike + (Object.keys(asked).length === 0 ? all.length : 0)
}

type Term = NonNullable<StorageClass['allowedTopologies']>[number]

/** What a term asks for, in whatever order it says so. */
const requirementsOf = ({ matchLabelExpressions = [] }: Term): object =>
  Object.fromEntries(matchLabelExpressions.map(({ key, values }) => [key, [...(values ?? [])].sort()]))
