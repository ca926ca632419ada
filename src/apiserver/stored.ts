/** An object in the store: immutable, encoded at most once, its bytes shared by every GET, LIST and watcher. */
import type { EncodedValue } from '../kube/handler.ts'
import { objectKey } from '../kube/object.ts'
import type { KubeObject } from './types.ts'

export class Stored implements EncodedValue {
  readonly value: KubeObject
  /** The resourceVersion as a number. */
  readonly revision: number
  #bytes: Buffer | undefined

  constructor(value: KubeObject, revision: number) {
    this.value = value
    this.revision = revision
  }

  get key(): string {
    return objectKey(this.value.metadata)
  }

  /** JSON with the newline that ends a response body. */
  bytes(): Buffer {
    return (this.#bytes ??= encodeExactly(`${JSON.stringify(this.value)}\n`))
  }
}

/** Not from Node's shared pool: there one long-lived kilobyte keeps its whole slab of 64 KiB. */
function encodeExactly(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
