import { ageColumn, column } from '../columns.ts'
import { forbidden, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { oneOf } from '../rules/causes.ts'

/** Of what a cluster can't do without, and what a node can't. Source: k8s.io/kubernetes/pkg/apis/scheduling/v1/helpers.go. */
export const systemClasses: Readonly<Record<string, { readonly value: number; readonly description: string }>> = {
  'system-cluster-critical': {
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
  'system-node-critical': {
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
}
const userValueMax = 1_000_000_000
const policies = ['PreemptLowerPriority', 'Never']

/** Source: k8s.io/kubernetes/pkg/apis/scheduling/validation. */
function causes(priorityClass: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const [value, policy] = [priorityClass['value'], priorityClass['preemptionPolicy']]
  if (before === undefined)
    return [
      ...valueCauses(priorityClass),
      ...(policy === '' ? [required('preemptionPolicy')] : oneOf('preemptionPolicy', policy, policies)),
    ]
  return [
    ...(before['value'] === value ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
    ...(before['preemptionPolicy'] === policy ? [] : [invalidValue('preemptionPolicy', policy, 'field is immutable')]),
  ]
}

function valueCauses({ metadata: { name = '' }, value, globalDefault }: KubeObject): Required<StatusCause>[] {
  if (!name.startsWith('system-'))
    return Number(value) > userValueMax
      ? [forbiddenValue('value', `maximum allowed value of a user defined priority is ${userValueMax}`)]
      : []
  const known = systemClasses[name]
  const why =
    known === undefined
      ? `${name} is not a known system priority class`
      : value !== known.value
        ? `value of ${name} PriorityClass must be ${known.value}`
        : globalDefault === true
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined
  const text = "priority class names with 'system-' prefix are reserved for system use only. error:"
  return why === undefined ? [] : [forbiddenValue('metadata.name', `${text} ${why}`)]
}

/** The Priority admission plugin: one class is the default. */
function admitDefault(priorityClass: KubeObject, objects: Objects): KubeObject {
  const { name } = priorityClass.metadata
  const other = objects
    .all(priorityClasses)
    .find((each) => each['globalDefault'] === true && each.metadata.name !== name)
  if (priorityClass['globalDefault'] !== true || other === undefined) return priorityClass
  throw forbidden(
    { group: 'scheduling.k8s.io', resource: 'priorityclasses', name },
    `priorityclasses.scheduling.k8s.io "${name}" is forbidden: PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
  )
}

export const priorityClasses = builtIn({
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  documented: {
    Value: 'scheduling-v1.PriorityClass.value',
    'Global-Default': 'scheduling-v1.PriorityClass.globalDefault',
    PreemptionPolicy: 'scheduling-v1.PriorityClass.preemptionPolicy',
  },
  columns: [
    column('Value', 'integer', '.value'),
    column('Global-Default', 'boolean', '.globalDefault'),
    ageColumn,
    column('PreemptionPolicy', 'string', '.preemptionPolicy'),
  ],
  validate: causes,
  // Born with a generation that never counts.
  allocate: ({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, generation: 1 } }),
  complete: admitDefault,
  admitUpdate: (priorityClass, _before, objects) => void admitDefault(priorityClass, objects),
  defaults: (priorityClass) => ({ preemptionPolicy: 'PreemptLowerPriority', ...priorityClass }),
})
