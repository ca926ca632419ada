/** Classes of storage. Source: k8s.io/kubernetes/pkg/apis/storage/validation, ValidateStorageClass and its update. */
import { deepEqual } from '../../kube/object.ts'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled } from './causes.ts'

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
  if (before !== undefined)
    return fixed
      .filter((field) => !deepEqual(object[field], before[field]))
      .map((field) => invalidValue(field, object[field], 'field is immutable'))
  return [
    ...(provisioner === ''
      ? [required('provisioner')]
      : spelled('provisioner', provisioner.toLowerCase(), qualifiedNameProblems)),
    ...('' in parameters ? [invalidValue('parameters', '', 'field can not be empty.')] : []),
    ...oneOf('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']),
    ...oneOf('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ...topologyCauses(rest.allowedTopologies ?? []),
  ]
}

const topologyCauses = (terms: NonNullable<StorageClass['allowedTopologies']>): Cause[] =>
  terms.flatMap(({ matchLabelExpressions: requirements = [] }, index) =>
    requirements.flatMap(({ key, values }, n) => {
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
  )
