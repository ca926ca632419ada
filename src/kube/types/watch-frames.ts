/**
 * Watch events on the protobuf wire: each a length-prefixed metav1.WatchEvent around the object's envelope.
 * Source: k8s.io/apimachinery/pkg/util/framer, runtime/serializer/streaming.
 */
import type { WatchBatch, WatchEvent } from '../handler.ts'
import type { KubeObject } from '../object.ts'
import { closeEnvelope, protobufType } from './protobuf.ts'
import { encodeMessage } from './protobuf-encode.ts'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { messageOf, messageOfKind, type Message } from './tables.ts'

export const protobufWatchType = `${protobufType};stream=watch`

const batches = new WeakMap<WatchBatch, Buffer>()
const frames = new WeakMap<WatchEvent, Buffer>()

/** The bytes of a batch, made once for all watchers at its place; those elsewhere share each event's frame. */
export function protobufFrames(batch: WatchBatch): Buffer {
  let bytes = batches.get(batch)
  if (bytes === undefined) batches.set(batch, (bytes = Buffer.concat(batch.events.map(frameOf))))
  return bytes
}

function frameOf(event: WatchEvent): Buffer {
  let frame = frames.get(event)
  if (frame === undefined) frames.set(event, (frame = encodeFrame(event)))
  return frame
}

function encodeFrame({ type, object }: WatchEvent): Buffer {
  const { apiVersion, kind } = object as KubeObject
  const envelope = closeEnvelope({ apiVersion, kind, raw: encodeMessage(typeOf(apiVersion, kind), object) })
  const raw = new BinaryWriter().tag(1, 2).bytes(envelope).finish()
  const message = new BinaryWriter().tag(1, 2).string(type).tag(2, 2).bytes(raw).finish()
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

function typeOf(apiVersion: string, kind: string): Message {
  if (kind === 'Status') return messageOf('meta-v1.Status')
  if (kind === 'PartialObjectMetadata') return messageOf('meta-v1.PartialObjectMetadata')
  const slash = apiVersion.indexOf('/')
  const found = messageOfKind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind)
  if (found === undefined) throw new Error(`no protobuf form of ${apiVersion} ${kind}`)
  return found
}
