import { ageColumn, column, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { flowConditionCauses } from '../rules/flow-conditions.ts'
import { priorityLevelCauses, withPriorityLevelDefaults, type PriorityLevelSpec } from '../rules/priority-level.ts'

const specOf = ({ spec }: KubeObject): PriorityLevelSpec => spec as PriorityLevelSpec
const cell = (name: string, path: string): ReturnType<typeof orElse> =>
  orElse(column(name, 'string', `.spec.limited.${path}`), '<none>')
const queuing = 'limitResponse.queuing'

export const priorityLevelConfigurations = builtIn({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
  status: true,
  statusLeaves: 'metadata',
  generation: true,
  defaults: (level) => ({ ...level, spec: withPriorityLevelDefaults(specOf(level)) }),
  validate: (level, _before, subresource) => [
    ...(subresource === 'status' ? [] : priorityLevelCauses(level.metadata.name, specOf(level))),
    ...flowConditionCauses(level),
  ],
  documented: {
    Type: 'flowcontrol-v1.PriorityLevelConfigurationSpec.type',
    NominalConcurrencyShares: 'flowcontrol-v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares',
    Queues: 'flowcontrol-v1.QueuingConfiguration.queues',
    HandSize: 'flowcontrol-v1.QueuingConfiguration.handSize',
    QueueLengthLimit: 'flowcontrol-v1.QueuingConfiguration.queueLengthLimit',
  },
  columns: [
    column('Type', 'string', '.spec.type'),
    cell('NominalConcurrencyShares', 'nominalConcurrencyShares'),
    cell('Queues', `${queuing}.queues`),
    cell('HandSize', `${queuing}.handSize`),
    cell('QueueLengthLimit', `${queuing}.queueLengthLimit`),
    ageColumn,
  ],
})
