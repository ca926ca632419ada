/**
 * Conversion between the versions of a custom resource by its webhook.
 * Source: k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go.
 */
import type { Clock } from '../../base/clock.ts'
import { isRecord } from '../../kube/object.ts'
import { failure } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { callWebhook, type WebhookClientConfig } from '../webhook-call.ts'

/** The objects, all of one version, in `apiVersion`. Throws 500 where the webhook can't or won't. */
export type Convert = (objects: readonly KubeObject[], apiVersion: string) => Promise<readonly KubeObject[]>

/** Seconds; a definition can't set it. */
const timeout = 30

export function conversionWebhook(clientConfig: WebhookClientConfig, clock: Clock): Convert {
  let calls = 0
  return async (objects, desiredAPIVersion) => {
    const [first] = objects
    if (first === undefined || first.apiVersion === desiredAPIVersion) return objects
    const uid = `conversion-${++calls}`
    const request = { uid, desiredAPIVersion, objects }
    const review = { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', request }
    const { apiVersion = '', kind = '' } = first
    const wrong = (how: string): Error =>
      failure(500, undefined, `conversion webhook for ${apiVersion}, Kind=${kind} ${how}`)
    let converted: readonly unknown[]
    try {
      converted = convertedObjects(await callWebhook(clientConfig, timeout, JSON.stringify(review), clock), uid)
    } catch (error) {
      throw wrong(`failed: ${(error as Error).message}`)
    }
    if (converted.length !== objects.length)
      throw wrong(`returned ${converted.length} objects, expected ${objects.length}`)
    return objects.map((object, index) => {
      const others = objects.length > 1
      const after = (isRecord(converted[index]) ? converted[index] : {}) as unknown as KubeObject
      const at = `returned invalid ${others ? 'converted ' : ''}object`
      const misfit = kindMisfit(object, after, desiredAPIVersion)
      if (misfit !== undefined) throw wrong(`${at} at index ${index}: ${misfit}`)
      const other = identityMisfit(object, after)
      if (other !== undefined) throw wrong(`${at}${others ? ` at index ${index}` : ''}: ${other}`)
      if (isRecord(after.metadata)) return withMetadataOf(object, after)
      const where = others ? ` in object at index ${index}` : ''
      throw wrong(`returned invalid metadata${where}: missing metadata in converted object`)
    })
  }
}

function convertedObjects(answer: unknown, uid: string): readonly unknown[] {
  const response = isRecord(answer) ? answer['response'] : undefined
  if (!isRecord(response)) throw new Error('no response provided')
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`)
  const { result, convertedObjects: converted } = response
  const { status = '', message = '' } = isRecord(result) ? result : {}
  if (status !== 'Success')
    throw new Error(message === '' ? `response.result.status was '${String(status)}', not 'Success'` : String(message))
  return Array.isArray(converted) ? converted : []
}

function kindMisfit(original: KubeObject, { apiVersion, kind }: KubeObject, wanted: string): string | undefined {
  if (apiVersion !== wanted) return `invalid groupVersion (expected ${wanted}, received ${apiVersion})`
  if (kind !== original.kind) return `invalid kind (expected ${original.kind}, received ${kind})`
  return undefined
}

function identityMisfit({ metadata }: KubeObject, { metadata: after }: KubeObject): string | undefined {
  for (const [field, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    // What is converted in parts may have no metadata.
    const [before, now] = [metadata as typeof metadata | undefined, after as typeof after | undefined].map(
      (part) => part?.[field] ?? '',
    )
    if (before !== now) return `must have the same ${name}: ${before} != ${now}`
  }
  return undefined
}

/** A webhook converts; of the metadata, which a part of an object may lack, it may change labels and annotations alone. */
function withMetadataOf(original: KubeObject, converted: KubeObject): KubeObject {
  const before: Partial<KubeObject['metadata']> = original.metadata ?? {}
  const { labels: _, annotations: __, ...identity } = before
  const { labels, annotations } = converted.metadata as Partial<KubeObject['metadata']>
  const metadata = {
    ...identity,
    ...(labels === undefined || labels === null ? {} : { labels }),
    ...(annotations === undefined || annotations === null ? {} : { annotations }),
  }
  return { ...converted, metadata: metadata as KubeObject['metadata'] }
}
