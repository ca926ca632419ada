/** How long recovery from a fault may take, computed from the timers in force, with the derivation shown. */
import { formatDuration } from '../../base/units.ts'
import type { RunSettings } from '../run-settings.ts'

export interface Bound {
  readonly ms: number
  /** `reconnect 1s + …` */
  readonly derivation: string
}

/** Scheduling, watches and our own observation. */
const slack = 5_000
/** Reflector back-off after a long outage: 30 s, doubled by jitter (client-go reflector.go). */
const reflectorBackoffMax = 60_000

export function recoveryBound(kind: string, settings: RunSettings, faultMs: number): Bound {
  const timer = (name: string): number => settings.timers[name] ?? 0
  const { startup, nodes } = settings
  const machine = (startup.vm + startup.node + Math.max(startup.etcd, startup.apiServer)) * (1 + startup.jitter)
  const reconnect: [string, number][] = [
    ['reconnect', timer('reconnectInterval')],
    ['probe', timer('probeInterval') + timer('probeTimeout')],
    ['client timeout', timer('clientTimeout')],
    // Pending back-off is about as long as the outage, capped.
    ['reflector back-off', Math.min(2 * faultMs, reflectorBackoffMax)],
  ]
  const replacement: [string, number][] = [
    ['node grace', nodes.monitorGrace + nodes.leaseRenewInterval],
    ['health check timeout and gate', timer('healthCheckTimeout') + timer('healthCheckGate') + 1_000],
    ['drain and hooks', timer('drainRetry') + 2 * timer('controlPlanePreflight') + timer('controlPlaneRetry')],
    ['machine start', 2 * machine],
  ]
  const parts: [string, number][] = kind.startsWith('machine.')
    ? replacement
    : kind.startsWith('conn.') || kind.startsWith('watch.')
      ? reconnect
      : [
          ['client timeout', timer('clientTimeout')],
          ['retry', timer('controlPlaneRetry')],
        ]
  const all: [string, number][] = [...parts, ['slack', slack]]
  return {
    ms: all.reduce((sum, [, ms]) => sum + ms, 0),
    derivation: all.map(([name, ms]) => `${name} ${formatDuration(ms)}`).join(' + '),
  }
}
