/** What may turn out to be a key, once a `:` follows it. Source: go.yaml.in/yaml/v2, scannerc.go. */
import { scannerProblem, type Mark } from './problem.ts'

export interface PossibleKey {
  /** The number of its first token. */
  readonly token: number
  readonly mark: Mark
  /** Nothing but a key can stand where it stands. */
  readonly isRequired: boolean
}

const lengthMax = 1024

/** One for each flow that is open, and one for the block around them. */
export class SimpleKeys {
  readonly #levels: (PossibleKey | undefined)[] = [undefined]

  /** How many flows are open. */
  get flows(): number {
    return this.#levels.length - 1
  }

  open(): void {
    this.#levels.push(undefined)
  }

  close(): void {
    if (this.flows > 0) this.#levels.pop()
  }

  save(key: PossibleKey): void {
    this.drop(key.mark)
    this.#levels[this.flows] = key
  }

  /** Whether the token may be a key: more has to be read before that is known. */
  mayBe(token: number, here: Mark): boolean {
    return this.#levels.some((key, level) => key?.token === token && this.#at(level, here) !== undefined)
  }

  /** What is a key if a `:` stands here. */
  take(here: Mark): PossibleKey | undefined {
    const key = this.#at(this.flows, here)
    this.#levels[this.flows] = undefined
    return key
  }

  /** It is none. Throws where it had to be one. */
  drop(here: Mark, level = this.flows): void {
    if (this.#levels[level]?.isRequired === true) throw scannerProblem("could not find expected ':'", here)
    this.#levels[level] = undefined
  }

  #at(level: number, here: Mark): PossibleKey | undefined {
    const key = this.#levels[level]
    if (key === undefined || (key.mark.line >= here.line && key.mark.at + lengthMax >= here.at)) return key
    this.drop(here, level)
    return undefined
  }
}
