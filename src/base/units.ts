/** Quantities with units as people write them: `250ms`, `1h30m`, `64MiB`, `20%`. */

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `250ms`, `90s`, `1m30s`, `2h`; undefined when the text is not a duration. No sign, no bare number except 0. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return undefined
  return parts.reduce((total, part) => total + Number(part[1]) * (durationUnits[part[2] as string] as number), 0)
}

/** The shortest exact text for a duration: `250ms`, `1m30s`, `24h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < 1000) return `${Math.round(ms * 10) / 10}ms`
  let rest = Math.round(ms / 100) * 100
  let text = ''
  for (const unit of ['h', 'm'] as const) {
    const size = durationUnits[unit] as number
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  if (rest > 0 || text === '') text += `${Number((rest / 1000).toFixed(1))}s`
  return text
}

/** A fraction 0..1 of `20%` or 0.2; undefined for anything else, a percentage without its sign included. */
export function parseFraction(value: string | number): number | undefined {
  if (typeof value === 'number') return value >= 0 && value <= 1 ? value : undefined
  const match = /^(\d+(?:\.\d+)?)%$/.exec(value)
  const fraction = match === null ? NaN : Number(match[1]) / 100
  return fraction >= 0 && fraction <= 1 ? fraction : undefined
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`
}
