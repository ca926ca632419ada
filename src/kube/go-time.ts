/** Times as Go reads them and Kubernetes prints them. Source: package time, k8s.io/apimachinery/pkg/apis/meta/v1. */
import { rfc3339 } from '../base/clock.ts'

/** What Go says of a text that is no time. */
export class TimeProblem extends Error {
  override readonly name = 'TimeProblem'
}

type Part = readonly [layout: string, syntax: RegExp, name?: string, min?: number, max?: number]

const date: readonly Part[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/, 'month', 1, 12],
  ['-', /^-/],
  ['02', /^\d{2}/, 'day', 1, 31],
  ['T', /^T/],
  ['15', /^\d{2}/, 'hour', 0, 23],
  [':', /^:/],
  ['04', /^\d{2}/, 'minute', 0, 59],
  [':', /^:/],
]
const zone: Part = ['Z07:00', /^(Z|[+-]\d{2}:\d{2})/]
/** Go lets a zone be a day away; JavaScript does not: it is taken off by hand. */
const offset = /([+-])(\d{2}):(\d{2})$/
// Where the layout has no fraction, the seconds may have one.
const second: readonly Part[] = [...date, ['05', /^\d{2}([.,]\d+)?/, 'second', 0, 59], zone]
const microsecond: readonly Part[] = [...date, ['05', /^\d{2}/, 'second', 0, 59], ['.000000', /^\.\d{6}/], zone]

/** `2026-01-31T12:00:00Z`, whatever zone and fraction the text has. Throws {@link TimeProblem}. */
export function canonicalTime(text: string): string {
  return text.length === 20 && canonical.test(text) ? text : rfc3339(parsed(text, second, '2006-01-02T15:04:05Z07:00'))
}

const canonical = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3])(:[0-5]\d){2}Z$/

/** `2026-01-31T12:00:00.000000Z`. Throws {@link TimeProblem}. */
export function canonicalMicroTime(text: string): string {
  const micros = /\.(\d{6})/.exec(text)?.[1] ?? ''
  const ms = parsed(text, microsecond, '2006-01-02T15:04:05.000000Z07:00')
  return `${rfc3339(ms).slice(0, -1)}.${micros}Z`
}

/** Milliseconds since 1970. */
function parsed(text: string, parts: readonly Part[], layout: string): number {
  const problem = (why: string): TimeProblem => new TimeProblem(`parsing time ${JSON.stringify(text)}${why}`)
  let rest = text
  for (const [element, syntax, name, min = 0, max = Infinity] of parts) {
    const [found] = syntax.exec(rest) ?? []
    if (found === undefined)
      throw problem(` as "${layout}": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`)
    const value = parseInt(found, 10)
    if (value < min || value > max) throw problem(`: ${name} out of range`)
    rest = rest.slice(found.length)
  }
  if (rest !== '') throw problem(`: extra text: ${JSON.stringify(rest)}`)
  const day = Number(text.slice(8, 10))
  if (day > new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate())
    throw problem(': day out of range')
  const [, sign, hours = '00', minutes = '00'] = offset.exec(text) ?? []
  if (Number(hours) > 24) throw problem(': time zone offset hour out of range')
  if (Number(minutes) > 60) throw problem(': time zone offset minute out of range')
  const away = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return Date.parse(text.replace(',', '.').replace(offset, 'Z')) - away
}
