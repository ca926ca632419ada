/** Schemas of quantities as they stand in YAML: always with a unit. */
import { z } from 'zod'
import { parseDuration, parseFraction } from './units.ts'

/** Milliseconds from `250ms`, `2m`, `1h30m`. */
export const duration = z.union([z.string(), z.number()]).transform((value, context): number => {
  if (typeof value === 'number') {
    if (value === 0) return 0
    context.addIssue(`a duration needs a unit, got ${value}; write for example ${value > 0 ? value : 30}s`)
    return z.NEVER
  }
  const ms = parseDuration(value)
  if (ms !== undefined) return ms
  const why = value.startsWith('-') ? 'a duration cannot be negative' : 'not a duration'
  context.addIssue(`${why}: "${value}"; write for example 250ms, 30s, 2m or 1h30m`)
  return z.NEVER
})

/** 0..1 from `0.2` or `20%`. */
export const fraction = z.union([z.string(), z.number()]).transform((value, context): number => {
  const parsed = parseFraction(value)
  if (parsed !== undefined) return parsed
  context.addIssue(
    `not a fraction: ${JSON.stringify(value)}; write ${typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? `"${value}%"` : '"20%"'} or a number from 0 to 1`,
  )
  return z.NEVER
})
