/** A churn scenario: a list of steps as data, one at a time. Pacing, journaling and limits are the executor's. */
import type { Random } from '../../base/random.ts'

export type Step =
  | { readonly do: 'create-cluster'; readonly cluster: string; readonly group: string }
  | { readonly do: 'delete-cluster'; readonly cluster: string }
  | { readonly do: 'scale-workers'; readonly cluster: string; readonly by: number }
  | { readonly do: 'scale-control-plane'; readonly cluster: string; readonly replicas: number }
  | { readonly do: 'upgrade'; readonly cluster: string; readonly version: string }

/** What a scenario may know: the fleet's own clusters, and what exists beside them. */
export interface FleetView {
  /** Permanent clusters that this scenario may touch. */
  readonly targets: readonly string[]
  /** Clusters that scenarios have created, and whether they have converged. */
  readonly temporary: readonly { readonly cluster: string; readonly converged: boolean }[]
  readonly group: string
  readonly version: string
}

export interface Scenario {
  readonly name: string
  readonly summary: string
  /** The step for this turn; undefined to sit it out. `turn` counts from 0 over the whole run. */
  step(view: FleetView, turn: number, random: Random): Step | undefined
}

export const pick = (targets: readonly string[], random: Random, ...key: (string | number)[]): string | undefined =>
  targets[Math.floor(random.draw('scenario', ...key) * targets.length)]
