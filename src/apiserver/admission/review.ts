/** What a webhook is asked. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/request. */
import { userInfo } from '../access/reviews.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun } from '../verbs/context.ts'
import type { AdmissionRequest } from './admission.ts'

const texts = new WeakMap<KubeObject, string>()

/** An object's JSON: one write shows the same objects to several webhooks. */
function textOf(object: KubeObject | undefined): string {
  if (object === undefined) return 'null'
  let text = texts.get(object)
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)))
  return text
}

/** A patch is an update like others. */
const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const

/** What match conditions know as `request`. */
export function conditionRequest(
  { definition, operation, exchange, user }: AdmissionRequest,
  object: KubeObject | undefined,
): object {
  const { group, version, kind, resource } = definition
  const { namespace, subresource } = exchange.request
  const [ofKind, ofResource] = [
    { group, version, kind },
    { group, version, resource },
  ]
  return {
    kind: ofKind,
    resource: ofResource,
    subResource: subresource,
    requestKind: ofKind,
    requestResource: ofResource,
    requestSubResource: subresource,
    name: object?.metadata.name ?? '',
    namespace,
    operation,
    userInfo: { ...user, username: user.name },
    dryRun: isDryRun(exchange),
  }
}

/** An AdmissionReview in JSON. */
export function reviewOf(
  uid: string,
  version: string,
  { definition, operation, exchange, user, deletion }: AdmissionRequest,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  dryRun: boolean,
): string {
  const { group, kind, resource } = definition
  const { namespace, subresource, query, verb } = exchange.request
  const said = ['fieldManager', 'fieldValidation'].flatMap((name): [string, string][] => {
    const value = query.get(name) ?? ''
    return value === '' ? [] : [[name, value]]
  })
  // Of a collection's objects the request names none.
  const name = verb === 'deletecollection' ? '' : (object?.metadata.name ?? old?.metadata.name ?? '')
  const request = {
    uid,
    kind: { group, version, kind },
    resource: { group, version, resource },
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: { group, version: definition.version, kind },
    requestResource: { group, version: definition.version, resource },
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: {
      ...deletion,
      kind: optionKinds[operation],
      apiVersion: 'meta.k8s.io/v1',
      ...Object.fromEntries(said),
      ...(dryRun ? { dryRun: ['All'] } : {}),
    },
  }
  const objects = `"object":${textOf(object)},"oldObject":${textOf(old)}`
  const head = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":'
  return `${head}${JSON.stringify(request).slice(0, -1)},${objects}}}`
}
