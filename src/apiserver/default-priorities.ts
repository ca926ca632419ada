/** The priority classes that every cluster has. Source: k8s.io/kubernetes/pkg/registry/scheduling/rest/storage_scheduling.go. */
import { priorityClasses, systemClasses } from './resources/priorityclasses.ts'
import type { ObjectStore } from './store.ts'

/** Only what isn't there: a store that was restored has them. */
export function createDefaultPriorities(store: ObjectStore): void {
  for (const [name, { value, description }] of Object.entries(systemClasses)) {
    if (store.get(priorityClasses, name) !== undefined) continue
    store.create(priorityClasses, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    })
  }
}
