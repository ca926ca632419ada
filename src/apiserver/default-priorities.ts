/** The priority classes that every cluster has. Source: k8s.io/kubernetes/pkg/registry/scheduling/rest/storage_scheduling.go. */
import type { Clock } from '../base/clock.ts'
import { priorityClasses, systemClasses } from './resources/priorityclasses.ts'
import type { ObjectStore } from './store.ts'
import { furnish } from './system-objects.ts'

const classes = Object.entries(systemClasses).map(([name, { value, description }]) => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name, generation: 1 },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
}))

export const createDefaultPriorities = (store: ObjectStore, clock: Clock): void =>
  furnish(store, clock, priorityClasses, classes)
