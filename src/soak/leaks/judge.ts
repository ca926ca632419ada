/**
 * Is it a leak? Samples come from quiet phases only: same fleet, faults healed, warm-up discarded. What can't be
 * told is INCONCLUSIVE, with the slope that could have been found.
 */
import { detectableSlope, inflation, shapeOf, trendOf, type Point, type Shape } from './statistics.ts'

export type LeakVerdict = 'LEAK' | 'BOUNDED' | 'NO-LEAK' | 'INCONCLUSIVE'

export interface LeakResult {
  readonly verdict: LeakVerdict
  readonly reason: string
  readonly samples: number
  readonly discarded: number
  /** Per hour, in the metric's unit. */
  readonly slope: number
  readonly low: number
  readonly high: number
  readonly detectable: number | undefined
  readonly shape: Shape | undefined
}

export interface LeakBudget {
  /** Growth per hour that counts, in the metric's unit. */
  readonly tolerance: number
}

const alpha = 0.01
const samplesMin = 15
const warmUpHours = 0.5

/** Growth that counts: 1 MB an hour of heap, 2 an hour of things; half a percent of the baseline where that is more. */
export function budgetOf(metric: string, baseline: number): LeakBudget {
  const least = metric.endsWith('_bytes') ? 1_000_000 : 2
  return { tolerance: Math.max(least, 0.005 * Math.abs(baseline)) }
}

export function judgeLeak(series: readonly Point[], budget: LeakBudget): LeakResult {
  const first = series[0]
  const last = series.at(-1)
  const warm = first === undefined || last === undefined ? 0 : Math.max(warmUpHours, 0.2 * (last.t - first.t))
  const points = series.filter(({ t }) => t - (first?.t ?? 0) >= warm)
  const discarded = series.length - points.length
  if (points.length < samplesMin) {
    return {
      verdict: 'INCONCLUSIVE',
      reason: `${points.length} samples after the warm-up, at least ${samplesMin} are needed (3 h at one every 10 min)`,
      samples: points.length,
      discarded,
      slope: 0,
      low: 0,
      high: 0,
      detectable: undefined,
      shape: undefined,
    }
  }
  const trend = trendOf(points, alpha)
  const f = inflation(points, trend.slope)
  const hours = (points.at(-1) as Point).t - (points[0] as Point).t
  const detectable = detectableSlope(noise(points, trend.slope), f, points.length, hours)
  const { best, bic } = shapeOf(points)
  const { tolerance } = budget
  const late = trendOf(points.slice(Math.floor(points.length / 2)), alpha).slope
  const base = {
    samples: points.length,
    discarded,
    slope: trend.slope,
    low: trend.low,
    high: trend.high,
    detectable,
    shape: best,
  }
  const significant = trend.p < alpha
  const boundedBy = Math.min(bic.step, bic.plateau)
  if (
    significant &&
    trend.low > 0 &&
    trend.slope >= tolerance &&
    best.includes('linear') &&
    late >= 0.5 * trend.slope
  ) {
    return { ...base, verdict: 'LEAK', reason: `grows steadily, by at least ${format(trend.low)} an hour` }
  }
  if ((significant && bic.linear - boundedBy > 2) || bic.constant - boundedBy > 10) {
    return {
      ...base,
      verdict: 'BOUNDED',
      reason: best.includes('step') ? 'grew in a step and stayed' : 'grew and levelled off',
    }
  }
  if (trend.high < tolerance)
    return { ...base, verdict: 'NO-LEAK', reason: `excludes growth above ${format(trend.high)} an hour` }
  return {
    ...base,
    verdict: 'INCONCLUSIVE',
    reason: `can't tell; this run could have found ${format(detectable)} an hour`,
  }
}

function noise(points: readonly Point[], slope: number): number {
  const residuals = points.map(({ t, x }) => x - slope * t)
  const mean = residuals.reduce((a, b) => a + b, 0) / residuals.length
  return Math.sqrt(residuals.reduce((sum, e) => sum + (e - mean) ** 2, 0) / (residuals.length - 1))
}

const format = (value: number): string =>
  Math.abs(value) >= 10_000 ? `${(value / 1e6).toFixed(2)} MB` : value.toFixed(1)
