import { conditionOf, type Condition } from '../../kube/object.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { flowConditionCauses } from '../rules/flow-conditions.ts'
import { flowSchemaCauses, type FlowSchemaSpec } from '../rules/flow-schema.ts'

const specOf = ({ spec }: KubeObject): FlowSchemaSpec => spec as FlowSchemaSpec

const danglingText = ({ status }: KubeObject): string =>
  conditionOf((status as { conditions?: Condition[] } | undefined)?.conditions, 'Dangling')?.status ?? '?'

export const flowSchemas = builtIn({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
  status: true,
  statusLeaves: 'metadata',
  generation: true,
  defaults: (schema) => {
    const spec = specOf(schema)
    return { ...schema, spec: { ...spec, matchingPrecedence: spec.matchingPrecedence || 1000 } }
  },
  validate: (schema, _before, subresource) => [
    ...(subresource === 'status' ? [] : flowSchemaCauses(schema.metadata.name, specOf(schema))),
    ...flowConditionCauses(schema),
  ],
  rowOrder: (one, other) => specOf(one).matchingPrecedence - specOf(other).matchingPrecedence,
  documented: {
    PriorityLevel: 'flowcontrol-v1.PriorityLevelConfigurationReference.name',
    MatchingPrecedence: 'flowcontrol-v1.FlowSchemaSpec.matchingPrecedence',
    DistinguisherMethod: 'flowcontrol-v1.FlowSchemaSpec.distinguisherMethod',
    MissingPL: 'references a broken or non-existent PriorityLevelConfiguration',
  },
  columns: [
    column('PriorityLevel', 'string', '.spec.priorityLevelConfiguration.name'),
    column('MatchingPrecedence', 'string', '.spec.matchingPrecedence'),
    orElse(column('DistinguisherMethod', 'string', '.spec.distinguisherMethod.type'), '<none>'),
    ageColumn,
    computed('MissingPL', 'string', danglingText),
  ],
})
