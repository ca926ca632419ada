import { pick, type Scenario } from './scenario.ts'

/** Shrinks a control plane to one machine, and grows it back on the next turn. */
export const scaleControlPlane: Scenario = {
  name: 'scale-control-plane',
  summary: 'scales control planes 3 → 1 → 3',
  step({ targets }, turn, random) {
    const cluster = pick(targets, random, 'scale-control-plane', Math.floor(turn / 2))
    return cluster === undefined ? undefined : { do: 'scale-control-plane', cluster, replicas: turn % 2 === 0 ? 1 : 3 }
  },
}
