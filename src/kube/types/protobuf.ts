/**
 * Kubernetes' protobuf encoding of the built-in types, from the type tables. An object on the wire is an envelope
 * (`k8s\0` and a runtime.Unknown) around the message. Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { ProtobufError, requireWire, WireReader, wireTypes } from './wire-reader.ts'

export const protobufType = 'application/vnd.kubernetes.protobuf'

const magic = Buffer.from('k8s\0', 'latin1')

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
}

export function openEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data')
  if (!bytes.subarray(0, 4).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  if (bytes.length === magic.length) throw new ProtobufError('empty body')
  let typeMeta = noTypeMeta
  let raw: Uint8Array = new Uint8Array()
  eachField('Unknown', bytes.subarray(4), ['TypeMeta', 'Raw', 'ContentEncoding', 'ContentType'], (number, part) => {
    if (number === 1) typeMeta = typeMetaOf(part, typeMeta)
    else if (number === 2) raw = part
  })
  return { ...typeMeta, raw }
}

const noTypeMeta = { apiVersion: '', kind: '' }

function typeMetaOf(bytes: Uint8Array, before: typeof noTypeMeta): typeof noTypeMeta {
  let { apiVersion, kind } = before
  eachField('TypeMeta', bytes, ['APIVersion', 'Kind'], (number, part) => {
    const text = Buffer.from(part).toString('utf8')
    if (number === 1) apiVersion = text
    else kind = text
  })
  return { apiVersion, kind }
}

/** Reads the fields of those names, all of them bytes, numbered from 1. */
function eachField(
  struct: string,
  bytes: Uint8Array,
  names: readonly string[],
  read: (number: number, part: Uint8Array) => void,
): void {
  const reader = new WireReader(bytes)
  while (reader.more) {
    const tag = reader.tag(struct)
    const name = names[tag.number - 1]
    if (name === undefined) {
      reader.skip(tag)
      continue
    }
    requireWire(tag.wire, wireTypes.bytes, name)
    read(tag.number, reader.bytes())
  }
}

export function closeEnvelope({ apiVersion, kind, raw }: Envelope): Buffer {
  const typeMeta = new BinaryWriter().tag(1, 2).string(apiVersion).tag(2, 2).string(kind).finish()
  const writer = new BinaryWriter().tag(1, 2).bytes(typeMeta).tag(2, 2).bytes(raw)
  const unknown = writer.tag(3, 2).string('').tag(4, 2).string('').finish()
  return Buffer.concat([magic, unknown])
}
