import type { Scenario } from './scenario.ts'

/** Creates a cluster, and deletes it once it has converged. Names are always new, so that leaks keyed by name show. */
export const createDelete: Scenario = {
  name: 'create-delete',
  summary: 'creates clusters and deletes them again',
  step({ temporary, group }, turn) {
    const ready = temporary.find(({ converged }) => converged)
    if (ready !== undefined) return { do: 'delete-cluster', cluster: ready.cluster }
    return temporary.length > 0 ? undefined : { do: 'create-cluster', cluster: `${group}-t${turn + 1}`, group }
  },
}
