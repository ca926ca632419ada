/**
 * Conversion between the versions of a custom resource by its webhook.
 * Source: k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { goType, notUnmarshaled } from '../../kube/go-print.ts'
import { isRecord } from '../../kube/object.ts'
import { causesText, failure } from '../../kube/status.ts'
import { labelCauses } from '../rules/label-selector.ts'
import { annotationCauses } from '../rules/metadata.ts'
import { patchedText } from '../patch-text.ts'
import type { KubeObject } from '../types.ts'
import {
  readReview,
  reviewVersion,
  strayReview,
  strayUid,
  type ReviewKind,
  type WebhookAnswer,
} from '../webhook-answer.ts'
import { callWebhook, type WebhookClientConfig } from '../webhook-call.ts'

/** The objects, all of one version, in `apiVersion`. Throws 500 where the webhook can't or won't. */
export type Convert = (objects: readonly KubeObject[], apiVersion: string) => Promise<readonly KubeObject[]>

/** Seconds; a definition can't set it. */
const timeout = 30

const reviews: ReviewKind = {
  group: 'apiextensions.k8s.io',
  kind: 'ConversionReview',
  type: 'apiextensions-v1.ConversionReview',
}

/** `reviewVersions`: of the reviews that it understands. */
export function conversionWebhook(
  clientConfig: WebhookClientConfig,
  reviewVersions: readonly string[],
  clock: Clock,
  random: Random,
): Convert {
  const version = reviewVersion(reviewVersions)
  let calls = 0
  return async (objects, desiredAPIVersion) => {
    const [first] = objects
    if (first === undefined || first.apiVersion === desiredAPIVersion) return objects
    const uid = random.uuid('conversion', ++calls)
    const request = { uid, desiredAPIVersion, objects }
    const review = { kind: reviews.kind, apiVersion: `${reviews.group}/${version}`, request }
    const { apiVersion = '', kind = '' } = first
    const wrong = (how: string): Error =>
      failure(500, undefined, `conversion webhook for ${apiVersion}, Kind=${kind} ${how}`)
    let converted: readonly unknown[]
    try {
      const answer = await callWebhook(clientConfig, timeout, JSON.stringify(review), clock)
      converted = convertedObjects(answer, version, uid)
    } catch (error) {
      throw wrong(`failed: ${(error as Error).message}`)
    }
    if (converted.length !== objects.length)
      throw wrong(`returned ${converted.length} objects, expected ${objects.length}`)
    return objects.map((object, index) => {
      const after = converted[index]
      const unread = unreadable(after)
      if (unread !== undefined) throw failure(500, undefined, unread)
      const misfit = kindMisfit(object, after as KubeObject, desiredAPIVersion)
      if (misfit !== undefined) throw wrong(`returned invalid object at index ${index}: ${misfit}`)
      const other = identityMisfit(object, after as KubeObject)
      if (other !== undefined) throw wrong(`returned invalid object: ${other}`)
      try {
        return withMetadataOf(object, after as KubeObject)
      } catch (error) {
        throw error instanceof BadMetadata ? wrong(`returned invalid metadata: ${error.message}`) : (error as Error)
      }
    })
  }
}

function convertedObjects(answer: WebhookAnswer, version: string, uid: string): readonly unknown[] {
  const review = readReview(answer, reviews, version)
  const stray = version === 'v1' ? strayReview(review, reviews) : undefined
  if (stray !== undefined) throw new Error(stray)
  const { response } = review
  if (response === undefined) throw new Error('no response provided')
  const mistaken = version === 'v1' ? strayUid(review, uid) : undefined
  if (mistaken !== undefined) throw new Error(mistaken)
  const { result, convertedObjects: converted } = response
  const { status = '', message = '' } = isRecord(result) ? result : {}
  if (status !== 'Success')
    throw new Error(message === '' ? `response.result.status was '${String(status)}', not 'Success'` : String(message))
  return (converted ?? []) as unknown[]
}

/** Source: k8s.io/apimachinery/pkg/apis/meta/v1/unstructured, UnmarshalJSON. */
function unreadable(value: unknown): string | undefined {
  if (value === null || value === undefined) return 'unexpected end of JSON input'
  if (!isRecord(value)) return notUnmarshaled(value, 'map[string]interface {}')
  const { kind } = value
  return typeof kind === 'string' && kind !== ''
    ? undefined
    : `Object 'Kind' is missing in '${patchedText(value as unknown as KubeObject, {}, undefined)}'`
}

function kindMisfit(original: KubeObject, { apiVersion, kind }: KubeObject, wanted: string): string | undefined {
  if (apiVersion !== wanted)
    return `invalid groupVersion (expected ${wanted}, received ${typeof apiVersion === 'string' ? apiVersion : ''})`
  if (kind !== original.kind) return `invalid kind (expected ${original.kind}, received ${kind})`
  return undefined
}

function identityMisfit({ metadata }: KubeObject, { metadata: after }: KubeObject): string | undefined {
  for (const [field, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    // What is converted in parts may have no metadata; what is no text is none.
    const [before, now] = [metadata as unknown, after as unknown].map((part) => {
      const value = isRecord(part) ? part[field] : ''
      return typeof value === 'string' ? value : ''
    })
    if (before !== now) return `must have the same ${name}: ${before} != ${now}`
  }
  return undefined
}

class BadMetadata extends Error {
  override readonly name = 'BadMetadata'
}

/** A webhook converts; of the metadata, which a part of an object may lack, it may change labels and annotations alone. */
function withMetadataOf(original: KubeObject, converted: KubeObject): KubeObject {
  const said = converted.metadata as unknown
  if (said === undefined) throw new BadMetadata('missing metadata in converted object')
  if (!isRecord(said)) throw new BadMetadata(`invalid metadata of type ${goType(said)} in converted object`)
  const before: Partial<KubeObject['metadata']> = original.metadata ?? {}
  const { labels: _, annotations: __, ...identity } = before
  const metadata = {
    ...identity,
    ...textsOf('labels', before.labels, said['labels']),
    ...textsOf('annotations', before.annotations, said['annotations']),
  }
  return { ...converted, metadata: metadata as KubeObject['metadata'] }
}

type Texts = Readonly<Record<string, string>>

function textsOf(field: 'labels' | 'annotations', before: Texts = {}, said: unknown): Record<string, Texts> {
  if (said === undefined || said === null) return {}
  if (!isRecord(said)) throw new BadMetadata(`invalid metadata.${field} of type ${goType(said)} in converted object`)
  const entries = Object.entries(said)
  for (const [key, value] of entries)
    if (typeof value !== 'string')
      throw new BadMetadata(`metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`)
  const texts = said as Texts
  const isSame = Object.keys(before).length === entries.length && entries.every(([key, value]) => before[key] === value)
  const causes = isSame
    ? []
    : field === 'labels'
      ? labelCauses('metadata.labels', texts)
      : annotationCauses(texts, 'metadata.annotation')
  if (causes.length > 0) throw new BadMetadata(causesText(causes))
  return { [field]: texts }
}
