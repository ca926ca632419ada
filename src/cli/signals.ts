/** Ctrl-C, for commands that stay until then. */

export interface Signals extends AsyncDisposable {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly signalled: Promise<void>
  /** Aborts at the same moment. */
  readonly signal: AbortSignal
}

export function untilSignal(): Signals {
  const abort = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  const onSignal = (): void => {
    abort.abort(new Error('interrupted'))
    resolve()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signalled: promise,
    signal: abort.signal,
    async [Symbol.asyncDispose]() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
