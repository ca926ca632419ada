/** What is asked of a run and what it prints. */

/** The rows whose names contain one of these; all of them where there is none. */
const words = process.argv.slice(2).filter((word) => /^[a-z]+$/.test(word))
const after = (flag: string): string | undefined =>
  process.argv.includes(flag) ? process.argv[process.argv.indexOf(flag) + 1] : undefined

export const seconds = Number(after('--seconds') ?? 5)
export const definitions = after('--crds')
export const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word))
export const alone = (name: string): boolean => words.length === 1 && words[0] === name

export const whole = (value: number): string => Math.round(value).toLocaleString('en')

export function row(name: string, figure: string, latency = '', peer = ''): void {
  process.stdout.write(`${name.padEnd(46)} ${figure.padStart(22)}  ${latency.padEnd(26)} ${peer}\n`)
}

/** What bare Node answered on the machine on which the aims were set (requests/s, one core). */
const referenceBare = 55_000

/** A rate to aim at, and what it comes to on this machine, where bare Node answers `bare` requests/s. */
export const aim = (value: number, bare: number): string =>
  `aim ${whole(value)}: ${whole((value * bare) / referenceBare)} here`

/** The same of seconds, of which a slower machine takes more. */
export const aimSeconds = (value: number, bare: number): string =>
  `aim ${whole(value)}: ${whole((value * referenceBare) / bare)} here`
