/** The priority classes that every cluster has. Source: k8s.io/kubernetes/pkg/registry/scheduling/rest/storage_scheduling.go. */
import type { Clock } from '../base/clock.ts'
import { priorityClasses, systemClasses } from './resources/priorityclasses.ts'
import type { ObjectStore } from './store.ts'
import { systemObject } from './system-objects.ts'

/** Only what isn't there: a store that was restored has them. */
export function createDefaultPriorities(store: ObjectStore, clock: Clock): void {
  for (const [name, { value, description }] of Object.entries(systemClasses)) {
    if (store.get(priorityClasses, name) !== undefined) continue
    const priorityClass = {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name, generation: 1 },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    }
    store.create(priorityClasses, systemObject(priorityClasses, priorityClass, clock))
  }
}
