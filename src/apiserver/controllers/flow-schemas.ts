/**
 * Whether the priority level that a flow schema names is there. Source: k8s.io/apiserver/pkg/util/flowcontrol,
 * presyncFlowSchemaStatus.
 */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { conditionOf, type Condition } from '../../kube/object.ts'
import { ownApply } from '../ownership.ts'
import { flowSchemas } from '../resources/flowschemas.ts'
import { priorityLevelConfigurations } from '../resources/prioritylevelconfigurations.ts'
import type { FlowSchemaSpec } from '../rules/flow-schema.ts'
import { coalesced } from './coalesced.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

const consumer = 'api-priority-and-fairness-config-consumer-v1'
const type = 'Dangling'

/** `later` runs outside of the write that caused it. */
export function startFlowSchemas(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  const soon = coalesced(later, () => {
    for (const { value } of store.collection(flowSchemas).list())
      store.update(flowSchemas, withDangling(value, store, clock))
  })
  store.listen((definition) => {
    if (definition === flowSchemas || definition === priorityLevelConfigurations) soon()
  })
}

/** The schema itself where it says so already. */
export function withDangling(schema: KubeObject, store: ObjectStore, clock: Pick<Clock, 'wallMs'>): KubeObject {
  const { name } = (schema.spec as FlowSchemaSpec).priorityLevelConfiguration
  const there = store.get(priorityLevelConfigurations, name) !== undefined
  const before = conditionOf((schema.status as { conditions?: Condition[] } | undefined)?.conditions, type)
  const wanted = {
    type,
    status: there ? 'False' : 'True',
    reason: there ? 'Found' : 'NotFound',
    message: `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)} ${there ? 'and it exists' : 'but there is no such object'}`,
  }
  if (before?.status === wanted.status && before.reason === wanted.reason && before.message === wanted.message)
    return schema
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : rfc3339(clock.wallMs())
  const status = { conditions: [{ ...wanted, lastTransitionTime }] }
  return ownApply(flowSchemas, schema, { status }, clock, consumer)
}
