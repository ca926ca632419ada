/** Ctrl-C, for commands that stay until then. A second one leaves at once, whatever is still being closed. */

import { exitCodes } from '../soak/verdict.ts'

export interface Signals extends AsyncDisposable {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly signalled: Promise<void>
  /** Aborts at the same moment. */
  readonly signal: AbortSignal
  /** The work's result, or undefined when the signal came first. */
  before<T>(work: Promise<T>): Promise<T | undefined>
}

export function untilSignal(): Signals {
  const abort = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted)
    abort.abort(new Error('interrupted'))
    resolve()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signalled: promise,
    signal: abort.signal,
    before: (work) => Promise.race([work, promise.then(() => undefined)]),
    async [Symbol.asyncDispose]() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
