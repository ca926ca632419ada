/** A client's connection as faults see it, whatever carries it: a TLS socket, or a rehearsal's function call. */

export type Direction = 'both' | 'clientToServer' | 'serverToClient'

export interface Connection {
  /** Ends it at once with a reset; what is under way on it fails. */
  reset(): void
  /** Holds everything in that direction, pings included, without a word; returns how to go on. */
  freeze(direction: Direction): () => void
}

/** A cluster's front door. */
export interface Listener {
  /** Refuse new connections; returns how to accept again. */
  refuse(): () => void
}
