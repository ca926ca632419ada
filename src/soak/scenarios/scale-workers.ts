import { pick, type Scenario } from './scenario.ts'

/** Adds a worker to a cluster, and takes it away again on the next turn. */
export const scaleWorkers: Scenario = {
  name: 'scale-workers',
  summary: 'scales machine deployments up and down by one',
  step({ targets }, turn, random) {
    const cluster = pick(targets, random, 'scale-workers', Math.floor(turn / 2))
    return cluster === undefined ? undefined : { do: 'scale-workers', cluster, by: turn % 2 === 0 ? 1 : 0 }
  },
}
