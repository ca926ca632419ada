/**
 * Protobuf's wire format as the code reads it that gogo/protobuf generates for Kubernetes' types, with its limits and
 * in its words. Source: the Unmarshal functions and skipGenerated of k8s.io/api, generated.pb.go.
 */

export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, group: 3, groupEnd: 4, fixed32: 5 } as const

/** Throws for a field that comes in another way than its type does. */
export function requireWire(wire: number, wanted: number, field: string): void {
  if (wire !== wanted) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${field}`)
}

const endOfInput = (): ProtobufError => new ProtobufError('unexpected EOF')
const negativeLength = (): ProtobufError => new ProtobufError('proto: negative length found during unmarshaling')

/** Where a key begins, what number it has and what follows it. */
export interface Tag {
  readonly start: number
  readonly number: number
  readonly wire: number
}

export class WireReader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get more(): boolean {
    return this.at < this.#bytes.length
  }

  /** 64 bits without a sign; a number where it is a safe integer. */
  varint(): number | bigint {
    const start = this.at
    const first = this.#bytes[start]
    if (first !== undefined && first < 128) {
      this.at++
      return first
    }
    let value = 0
    for (let scale = 1, count = 0; ; count++, scale *= 128) {
      const byte = this.#byte(count)
      // Beyond seven bytes a number isn't exact.
      if (count === 7) return this.#long(start)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  #long(start: number): bigint {
    this.at = start
    let value = 0n
    for (let count = 0; ; count++) {
      const byte = this.#byte(count)
      value |= BigInt(byte & 127) << BigInt(7 * count)
      if (byte < 128) return BigInt.asUintN(64, value)
    }
  }

  #byte(count: number): number {
    if (count >= 10) throw new ProtobufError('proto: integer overflow')
    if (this.at >= this.#bytes.length) throw endOfInput()
    return this.#bytes[this.at++] as number
  }

  /** A key outside of any type: its number may be none. */
  key(): Tag {
    const start = this.at
    const key = this.varint()
    if (typeof key === 'number' && key < 2 ** 31) return { start, number: key >>> 3, wire: key & 7 }
    return { start, number: Number(BigInt.asIntN(32, BigInt(key) >> 3n)), wire: Number(BigInt(key) & 7n) }
  }

  /** The key of a field of this struct. */
  tag(struct: string): Tag {
    const tag = this.key()
    if (tag.wire === wireTypes.groupEnd) throw new ProtobufError(`proto: ${struct}: wiretype end group for non-group`)
    if (tag.number > 0) return tag
    this.at = tag.start
    throw new ProtobufError(`proto: ${struct}: illegal tag ${tag.number} (wire type ${this.varint()})`)
  }

  /** How far what comes next, whose length comes first, goes. */
  extent(): number {
    const length = this.varint()
    // As Go's signed 64 bits, and a sum of such.
    const isNegative = (bits: bigint): boolean => BigInt.asIntN(64, bits) < 0n
    if (typeof length === 'bigint' && (isNegative(length) || isNegative(length + BigInt(this.at))))
      throw negativeLength()
    const end = this.at + Number(length)
    if (end > this.#bytes.length) throw endOfInput()
    return end
  }

  bytes(): Buffer {
    const end = this.extent()
    const part = this.#bytes.subarray(this.at, end)
    this.at = end
    return part
  }

  text(): string {
    const end = this.extent()
    const text = this.#bytes.toString('utf8', this.at, end)
    this.at = end
    return text
  }

  double(): number {
    const { at } = this
    this.#forward(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** Passes over the field whose tag has just been read, which may not go beyond `end`. */
  skip({ start }: Tag, end = this.#bytes.length): void {
    this.at = start
    let depth = 0
    do {
      const { wire } = this.key()
      if (wire === wireTypes.varint) this.varint()
      else if (wire === wireTypes.fixed64) this.#forward(8)
      else if (wire === wireTypes.fixed32) this.#forward(4)
      else if (wire === wireTypes.bytes) this.at = this.extent()
      else if (wire === wireTypes.group) depth++
      else if (wire !== wireTypes.groupEnd) throw new ProtobufError(`proto: illegal wireType ${wire}`)
      else if (depth-- === 0) throw new ProtobufError('proto: unexpected end of group')
    } while (depth > 0)
    if (this.at > end) throw endOfInput()
  }

  #forward(count: number): void {
    this.at += count
    if (this.at > this.#bytes.length) throw endOfInput()
  }
}
