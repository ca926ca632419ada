/**
 * Rolls the dice, once per unit: hash(seed, fault, unit key, ordinal) < rate, where the ordinal counts matches of
 * that fault and key. Interleaving between keys can't change a key's outcomes; the same per-key order gives the
 * same decisions.
 */
import type { Random } from '../base/random.ts'
import type { Sample } from './plan.ts'

export interface Decision {
  readonly hit: boolean
  readonly unit: string
  readonly ordinal: number
}

/** Keys remembered; beyond it the least recently used one starts counting again. */
const keysMax = 10_000

export class Sampler {
  readonly #random: Random
  readonly #fault: string
  readonly #sample: Sample
  readonly #ordinals = new Map<string, number>()
  #eligible = 0
  #hits = 0

  constructor(random: Random, fault: string, sample: Sample = {}) {
    this.#random = random
    this.#fault = fault
    this.#sample = sample
  }

  get eligible(): number {
    return this.#eligible
  }

  get hits(): number {
    return this.#hits
  }

  decide(unit: string): Decision {
    const ordinal = (this.#ordinals.get(unit) ?? 0) + 1
    this.#ordinals.delete(unit)
    this.#ordinals.set(unit, ordinal)
    if (this.#ordinals.size > keysMax) this.#ordinals.delete(this.#ordinals.keys().next().value as string)
    this.#eligible++
    const hit = this.#wants(unit, ordinal)
    if (hit) this.#hits++
    return { hit, unit, ordinal }
  }

  #wants(unit: string, ordinal: number): boolean {
    const { rate, first, every, after = 0, max } = this.#sample
    const position = ordinal - after
    if (position <= 0) return false
    if (max !== undefined && this.#hits >= max) return false
    if (first !== undefined && position > first) return false
    if (every !== undefined && position % every !== 0) return false
    return rate === undefined || this.#random.draw('sample', this.#fault, unit, ordinal) < rate
  }
}
