/** Deliberate bugs, so that everyone can see the oracles ring. Each one is caught by name, with its exit code (README). */
import type { EmbeddedOptions } from './embedded.ts'

export type PlantSwitches = EmbeddedOptions['plants']

export const noPlants: PlantSwitches = {
  healthCheckOff: false,
  ignoreHealthCheckLimit: false,
  doubleDelete: false,
  keepNodes: false,
  leakListeners: false,
  keepGarbage: false,
}

const plants: Readonly<Record<string, Partial<PlantSwitches>>> = {
  'mhc-off': { healthCheckOff: true },
  'mhc-ignores-limit': { ignoreHealthCheckLimit: true },
  'kcp-double-delete': { doubleDelete: true },
  'orphan-node': { keepNodes: true },
  'keep-garbage': { keepGarbage: true },
  'leak-listener': { leakListeners: true },
  'no-data': {},
}

export const plantNames: readonly string[] = Object.keys(plants)

export const plantsFor = (name: string): PlantSwitches => ({ ...noPlants, ...plants[name] })
