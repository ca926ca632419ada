import { deepEqual } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { createdAtColumn } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { selectorWarnings } from '../rules/node-label-warnings.ts'

type Capacity = KubeObject & {
  readonly nodeTopology?: LabelSelector
  readonly storageClassName?: string
  readonly capacity?: string
}

/** Source: pkg/apis/storage/validation, ValidateCSIStorageCapacity and its update. */
function causes(object: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const { nodeTopology, storageClassName = '', capacity } = object as Capacity
  const old = before as Capacity | undefined
  const immutable = (name: 'nodeTopology' | 'storageClassName'): Required<StatusCause>[] =>
    old === undefined || deepEqual(object[name], old[name])
      ? []
      : [invalidValue(name, object[name] ?? null, 'field is immutable')]
  return [
    ...labelSelectorCauses('nodeTopology', nodeTopology),
    ...subdomainProblems(storageClassName).map((problem) =>
      invalidValue('storageClassName', storageClassName, problem),
    ),
    ...((parseQuantity(capacity ?? '0') ?? 0) < 0
      ? [invalidValue('capacity', canonicalQuantity(capacity as string), 'must be greater than or equal to 0')]
      : []),
    ...immutable('nodeTopology'),
    ...immutable('storageClassName'),
  ]
}

export const csiStorageCapacities = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csistoragecapacities',
  kind: 'CSIStorageCapacity',
  namespaced: true,
  lockedUpdates: true,
  validate: causes,
  warn: ({ nodeTopology }) => selectorWarnings(nodeTopology, 'nodeTopology'),
  columns: [createdAtColumn],
})
