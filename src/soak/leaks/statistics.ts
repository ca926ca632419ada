/** The arithmetic of slow growth: robust slope, its significance under autocorrelation, and the shape of a series. */

export interface Point {
  /** Hours. */
  readonly t: number
  readonly x: number
}

export interface Trend {
  /** Median of pairwise slopes, per hour. */
  readonly slope: number
  readonly low: number
  readonly high: number
  /** One-sided: probability of such growth by chance. */
  readonly p: number
}

/** Theil–Sen slope with a Mann–Kendall test corrected for ties and autocorrelation. */
export function trendOf(points: readonly Point[], alpha: number): Trend {
  const n = points.length
  const slopes: number[] = []
  let s = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const [a, b] = [points[i] as Point, points[j] as Point]
      if (b.t > a.t) slopes.push((b.x - a.x) / (b.t - a.t))
      s += Math.sign(b.x - a.x)
    }
  }
  slopes.sort((a, b) => a - b)
  const slope = median(slopes)
  const spread = Math.sqrt(varianceOfS(points) * inflation(points, slope))
  const z = spread === 0 ? 0 : (s - Math.sign(s)) / spread
  const m = slopes.length
  const at = (index: number): number => slopes[Math.min(m - 1, Math.max(0, index))] ?? 0
  return {
    slope,
    low: at(Math.floor((m - quantile(1 - alpha) * spread) / 2)),
    high: at(Math.ceil((m + 1.645 * spread) / 2)),
    p: 1 - normal(z),
  }
}

function varianceOfS(points: readonly Point[]): number {
  const n = points.length
  const ties = new Map<number, number>()
  for (const { x } of points) ties.set(x, (ties.get(x) ?? 0) + 1)
  let tied = 0
  for (const size of ties.values()) tied += size * (size - 1) * (2 * size + 5)
  return (n * (n - 1) * (2 * n + 5) - tied) / 18
}

/** How much wider autocorrelated noise makes the test: lag-1 of the detrended series, small-sample bias removed. */
export function inflation(points: readonly Point[], slope: number): number {
  const n = points.length
  const phi = Math.min(0.9, Math.max(0, (n * lagOne(points.map(({ t, x }) => x - slope * t)) + 2) / (n - 4)))
  let f = 1
  for (let k = 1; k < n; k++) f += 2 * (1 - k / n) * phi ** k
  return f
}

function lagOne(residuals: readonly number[]): number {
  const mean = residuals.reduce((a, b) => a + b, 0) / residuals.length
  let above = 0
  let below = 0
  for (const [i, e] of residuals.entries()) {
    below += (e - mean) ** 2
    if (i > 0) above += (e - mean) * ((residuals[i - 1] as number) - mean)
  }
  return below === 0 ? 0 : above / below
}

/** The slope that a run of `hours` with `n` samples of noise `sigma` finds nine times in ten. */
export function detectableSlope(sigma: number, f: number, n: number, hours: number): number {
  return ((3.61 * sigma * Math.sqrt((12 * f) / n)) / hours) * (n < 30 ? 1.4 : 1)
}

export type Shape = 'constant' | 'linear' | 'step' | 'step and linear' | 'plateau' | 'plateau and linear'

export interface Shapes {
  readonly best: Shape
  /** Bayesian information criterion of each shape; lower is better. */
  readonly bic: Readonly<Record<Shape, number>>
}

export function shapeOf(points: readonly Point[]): Shapes {
  const n = points.length
  const t0 = (points[0] as Point).t
  const span = (points[n - 1] as Point).t - t0
  const one = points.map(() => 1)
  const line = points.map(({ t }) => t - t0)
  const x = points.map((point) => point.x)
  const after = (k: number): number[] => points.map((_, i) => (i >= k ? 1 : 0))
  const decay = (tau: number): number[] => points.map(({ t }) => -Math.exp(-(t - t0) / tau))
  const breaks = Array.from({ length: Math.max(0, n - 4) }, (_, i) => i + 2)
  const taus = Array.from({ length: 12 }, (_, i) => span * (0.08 + (0.42 * i) / 11))
  const least = (designs: readonly number[][][], positive = -1): { sse: number; fitted: number[] } =>
    designs
      .map((columns) => fit(columns, x, positive))
      .filter((result) => result !== undefined)
      .reduce((a, b) => (b.sse < a.sse ? b : a), { sse: Infinity, fitted: x })
  const fits: Record<Shape, { sse: number; fitted: number[]; k: number }> = {
    constant: { ...least([[one]]), k: 1 },
    linear: { ...least([[one, line]]), k: 2 },
    step: { ...least(breaks.map((k) => [one, after(k)])), k: 3 },
    'step and linear': { ...least(breaks.map((k) => [one, line, after(k)])), k: 4 },
    plateau: {
      ...least(
        taus.map((tau) => [one, decay(tau)]),
        1,
      ),
      k: 3,
    },
    'plateau and linear': {
      ...least(
        taus.map((tau) => [one, line, decay(tau)]),
        2,
      ),
      k: 4,
    },
  }
  const closest = Object.values(fits).reduce((a, b) => (b.sse < a.sse ? b : a))
  const phi = Math.min(0.9, Math.max(0, lagOne(x.map((value, i) => value - (closest.fitted[i] as number)))))
  const effective = Math.max(6, (n * (1 - phi)) / (1 + phi))
  const bic = Object.fromEntries(
    Object.entries(fits).map(([shape, { sse, k }]) => [
      shape,
      effective * Math.log(Math.max(sse, 1e-12) / n) + k * Math.log(effective),
    ]),
  ) as Record<Shape, number>
  const best = (Object.keys(bic) as Shape[]).reduce((a, b) => (bic[b] < bic[a] ? b : a))
  return { best, bic }
}

/** Ordinary least squares by normal equations; undefined when singular, or when coefficient `positive` isn't. */
function fit(
  columns: readonly number[][],
  y: readonly number[],
  positive: number,
): { sse: number; fitted: number[] } | undefined {
  const k = columns.length
  const matrix = columns.map((a) => [...columns.map((b) => dot(a, b)), dot(a, y)])
  for (let i = 0; i < k; i++) {
    const pivot = matrix
      .slice(i)
      .reduce(
        (best, row, at) =>
          Math.abs(row[i] as number) > Math.abs((matrix[best] as number[])[i] as number) ? at + i : best,
        i,
      )
    ;[matrix[i], matrix[pivot]] = [matrix[pivot] as number[], matrix[i] as number[]]
    const row = matrix[i] as number[]
    if (Math.abs(row[i] as number) < 1e-12) return undefined
    for (const other of matrix) {
      if (other === row) continue
      const factor = (other[i] as number) / (row[i] as number)
      for (let j = i; j <= k; j++) other[j] = (other[j] as number) - factor * (row[j] as number)
    }
  }
  const beta = matrix.map((row, i) => (row[k] as number) / (row[i] as number))
  if (positive >= 0 && (beta[positive] as number) <= 0) return undefined
  const fitted = y.map((_, i) =>
    columns.reduce((sum, column, j) => sum + (column[i] as number) * (beta[j] as number), 0),
  )
  return { sse: y.reduce((sum, value, i) => sum + (value - (fitted[i] as number)) ** 2, 0), fitted }
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)

export function median(sorted: readonly number[]): number {
  const n = sorted.length
  if (n === 0) return 0
  return n % 2 === 1 ? (sorted[(n - 1) / 2] as number) : ((sorted[n / 2 - 1] as number) + (sorted[n / 2] as number)) / 2
}

/** Standard normal distribution (Abramowitz and Stegun 7.1.26). */
export function normal(z: number): number {
  const t = 1 / (1 + 0.3275911 * (Math.abs(z) / Math.SQRT2))
  const erf =
    1 -
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) *
      t *
      Math.exp(-(z * z) / 2)
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2
}

/** Inverse of {@link normal} for the levels we use. */
const quantile = (level: number): number => (level >= 0.99 ? 2.326 : 1.645)
