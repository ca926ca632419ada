/** Recovery by kind of fault: how many, how fast, how many not at all. Censored times stay in the sample. */
import type { Incident } from './incidents.ts'

export interface RecoveryRow {
  readonly kind: string
  readonly count: number
  readonly recovered: number
  readonly detected: number
  /** Kaplan–Meier estimates of the time from heal to convergence; undefined when more than that share is censored. */
  readonly medianMs: number | undefined
  readonly p95Ms: number | undefined
  readonly maxMs: number | undefined
  readonly boundMs: number
  readonly derivation: string
}

export function recoveryRows(incidents: readonly Incident[], endMs: number): RecoveryRow[] {
  const kinds = [...new Set(incidents.map(({ kind }) => kind))].sort()
  return kinds.map((kind) => {
    const own = incidents.filter((incident) => incident.kind === kind)
    const times = own.map((incident) => ({
      ms: (incident.convergedAt ?? endMs) - (incident.healedAt ?? endMs),
      censored: incident.convergedAt === undefined,
    }))
    const recovered = times.filter(({ censored }) => !censored)
    const worst = own.reduce<Incident | undefined>(
      (a, b) => ((b.bound?.ms ?? 0) > (a?.bound?.ms ?? 0) ? b : a),
      undefined,
    )
    return {
      kind,
      count: own.length,
      recovered: recovered.length,
      detected: own.filter(({ detectedAt }) => detectedAt !== undefined).length,
      medianMs: kaplanMeier(times, 0.5),
      p95Ms: kaplanMeier(times, 0.95),
      maxMs: recovered.length === 0 ? undefined : Math.max(...recovered.map(({ ms }) => ms)),
      boundMs: worst?.bound?.ms ?? 0,
      derivation: worst?.bound?.derivation ?? '',
    }
  })
}

/** The time by which `share` has recovered, with right-censored times counted as still at risk until they are lost. */
export function kaplanMeier(
  times: readonly { readonly ms: number; readonly censored: boolean }[],
  share: number,
): number | undefined {
  const sorted = [...times].sort((a, b) => a.ms - b.ms || Number(a.censored) - Number(b.censored))
  let survival = 1
  let atRisk = sorted.length
  for (const { ms, censored } of sorted) {
    if (!censored) {
      survival *= (atRisk - 1) / atRisk
      if (1 - survival >= share - 1e-9) return ms
    }
    atRisk--
  }
  return undefined
}
