/**
 * Chance as a parameter. Draws are keyed, never a shared stream: the same (seed, key) gives the same number, so
 * adding a rule or another arrival order changes nobody else's decisions.
 */

export type Key = readonly (string | number)[]

export interface Random {
  readonly seed: number
  /** Uniform in [0, 1) for this key. */
  draw(...key: Key): number
  /** Uniform in [min, max) for this key. */
  between(min: number, max: number, ...key: Key): number
  /** An RFC 4122 version 4 UUID for this key. */
  uuid(...key: Key): string
  /** `length` characters of Kubernetes's safe alphabet (no vowels, no 0, 1, 3) for this key. */
  suffix(length: number, ...key: Key): string
}

// k8s.io/apimachinery/pkg/util/rand: without vowels and look-alikes, so that no words appear.
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

export function keyedRandom(seed: number): Random {
  const words = (...key: Key): [number, number, number, number] => hash128(`${seed}\u0000${key.join('\u0000')}`)
  const draw = (...key: Key): number => {
    const [high, low] = words(...key)
    return ((high >>> 0) * 0x200000 + ((low >>> 0) >>> 11)) / 2 ** 53
  }
  return {
    seed,
    draw,
    between: (min, max, ...key) => min + (max - min) * draw(...key),
    uuid(...key) {
      const hex = words(...key)
        .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
        .join('')
      const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
    },
    suffix(length, ...key) {
      let text = ''
      for (let i = 0; i < length; i++) text += safeAlphabet[Math.floor(draw(...key, 'suffix', i) * safeAlphabet.length)]
      return text
    },
  }
}

/** cyrb128: four 32-bit words with good avalanche for short keys; not cryptographic, and need not be. */
function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703
  let h2 = 3144134277
  let h3 = 1013904242
  let h4 = 2773480762
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i)
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067)
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233)
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213)
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179)
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067)
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233)
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213)
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179)
  h1 ^= h2 ^ h3 ^ h4
  return [h1, h2 ^ h1, h3 ^ h1, h4 ^ h1]
}
