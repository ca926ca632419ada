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
    try {
      const answer = await callWebhook(clientConfig, timeout, JSON.stringify(review), clock)
      const converted = convertedObjects(answer, uid, objects.length)
      return converted.map((object, index) => checked(objects[index] as KubeObject, object, desiredAPIVersion))
    } catch (error) {
      const { apiVersion = '', kind = '' } = first
      throw failure(
        500,
        undefined,
        `conversion webhook for ${apiVersion}, Kind=${kind} failed: ${(error as Error).message}`,
      )
    }
  }
}

function convertedObjects(answer: unknown, uid: string, count: number): readonly unknown[] {
  const response = isRecord(answer) ? answer['response'] : undefined
  if (!isRecord(response)) throw new Error('no response provided')
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`)
  const { result, convertedObjects: converted } = response
  if (!isRecord(result) || result['status'] !== 'Success')
    throw new Error(isRecord(result) && typeof result['message'] === 'string' ? result['message'] : '')
  if (!Array.isArray(converted) || converted.length !== count)
    throw new Error(
      `webhook returned ${Array.isArray(converted) ? converted.length : 0} objects, expected ${count} objects`,
    )
  return converted as unknown[]
}

/** A webhook converts; of the metadata it may change labels and annotations alone. */
function checked(original: KubeObject, converted: unknown, apiVersion: string): KubeObject {
  if (!isRecord(converted) || !isRecord(converted['metadata'])) throw new Error('missing metadata in converted object')
  if (converted['apiVersion'] !== apiVersion)
    throw new Error(`expected to get ${apiVersion}, got ${String(converted['apiVersion'])}`)
  if (converted['kind'] !== original.kind)
    throw new Error(`expected kind ${original.kind}, got ${String(converted['kind'])}`)
  const { name, uid } = converted['metadata']
  if ((name ?? '') !== (original.metadata.name ?? '') || (uid ?? '') !== (original.metadata.uid ?? ''))
    throw new Error('must have the same name and UID in the converted object')
  const { labels: _, annotations: __, ...identity } = original.metadata
  const { labels, annotations } = converted['metadata'] as Partial<KubeObject['metadata']>
  const metadata = {
    ...identity,
    ...(labels === undefined || labels === null ? {} : { labels }),
    ...(annotations === undefined || annotations === null ? {} : { annotations }),
  }
  return { ...converted, metadata } as unknown as KubeObject
}
