/** Structured logs for people (nothing ever parses them): pino, pretty on a terminal, JSON lines elsewhere. */
import { pino, type Logger } from 'pino'
import { PinoPretty } from 'pino-pretty'

export type Log = Logger
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Field names whose values never reach a log, at any of the first three levels. */
const secretFields = ['token', 'password', 'authorization', 'kubeconfig', 'key', 'data', 'stringData']

export function createLog(options: { level: LogLevel; pretty: boolean; destination?: NodeJS.WritableStream }): Log {
  const destination = options.destination ?? process.stderr
  const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
  const settings = { level: options.level, base: null, redact: { paths, censor: '[redacted]' } }
  if (!options.pretty) return pino(settings, destination)
  return pino(
    settings,
    PinoPretty({ destination, colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', sync: true }),
  )
}

export const silentLog: Log = pino({ level: 'silent' })
