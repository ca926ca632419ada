import { pick, type Scenario } from './scenario.ts'

/** Replaces every machine of a cluster by one of the next patch release: control plane first, then workers. */
export const rollingUpgrade: Scenario = {
  name: 'rolling-upgrade',
  summary: 'upgrades clusters by a patch release',
  step({ targets, version }, turn, random) {
    const cluster = pick(targets, random, 'rolling-upgrade', turn)
    if (cluster === undefined) return undefined
    const [, minor, patch] = /^(v\d+\.\d+)\.(\d+)$/.exec(version) as RegExpExecArray
    return { do: 'upgrade', cluster, version: `${minor}.${Number(patch) + 1 + turn}` }
  },
}
