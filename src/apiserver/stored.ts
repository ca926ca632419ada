/** An object in the store: immutable, encoded at most once as a rule, its bytes shared by every GET, LIST and watcher. */
import type { EncodedValue } from '../kube/handler.ts'
import { objectKey } from '../kube/object.ts'
import type { KubeObject } from './types.ts'

export class Stored implements EncodedValue {
  readonly value: KubeObject
  /** The resourceVersion as a number. */
  readonly revision: number
  readonly #keepsBytes: boolean
  #bytes: Buffer | undefined

  /** `keepsBytes` is false for what is hardly ever read, and there in thousands of stores: it is encoded each time. */
  constructor(value: KubeObject, revision: number, keepsBytes = true) {
    this.value = value
    this.revision = revision
    this.#keepsBytes = keepsBytes
  }

  get key(): string {
    return objectKey(this.value.metadata)
  }

  /** JSON with the newline that ends a response body. */
  bytes(): Buffer {
    if (this.#bytes !== undefined) return this.#bytes
    const bytes = encodeExactly(`${JSON.stringify(this.value)}\n`)
    if (this.#keepsBytes) this.#bytes = bytes
    return bytes
  }
}

/** Not from Node's shared pool: there one long-lived kilobyte keeps its whole slab of 64 KiB. */
function encodeExactly(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
