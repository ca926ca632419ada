import { ageColumn, column } from '../columns.ts'
import { forbiddenValue, notSupported } from '../../kube/status.ts'
import { builtIn } from '../definition.ts'

/** Source: k8s.io/kubernetes/pkg/apis/scheduling. */
const known = ['system-cluster-critical', 'system-node-critical']
const userValueMax = 1_000_000_000
const policies = ['PreemptLowerPriority', 'Never']

export const priorityClasses = builtIn({
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  generation: true,
  namespaced: false,
  shortNames: ['pc'],
  columns: [
    column('Value', 'integer', '.value'),
    column('Global-Default', 'boolean', '.globalDefault'),
    ageColumn,
    column('PreemptionPolicy', 'string', '.preemptionPolicy'),
  ],
  validate: (priorityClass, before) => {
    const { name } = priorityClass.metadata
    const [value, policy] = [priorityClass['value'], priorityClass['preemptionPolicy']]
    const user = !name.startsWith('system-')
    return [
      ...(user || known.includes(name)
        ? []
        : [
            forbiddenValue(
              'metadata.name',
              `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
            ),
          ]),
      ...(user && Number(value) > userValueMax
        ? [forbiddenValue('value', `maximum allowed value of a user defined priority is ${userValueMax}`)]
        : []),
      ...(policies.includes(policy as string) ? [] : [notSupported('preemptionPolicy', policy, policies)]),
      ...(before === undefined || before['value'] === value
        ? []
        : [forbiddenValue('value', 'may not be changed in an update.')]),
    ]
  },
  defaults: (priorityClass) => ({ preemptionPolicy: 'PreemptLowerPriority', ...priorityClass }),
})
