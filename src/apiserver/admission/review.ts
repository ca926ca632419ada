/** What a webhook is asked. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/request. */
import { userInfo } from '../access/reviews.ts'
import type { KubeObject } from '../types.ts'
import { isDryDeletion, isDryRun } from '../verbs/context.ts'
import type { AdmissionRequest } from './admission.ts'

export const isDry = ({ deletion, exchange }: AdmissionRequest): boolean =>
  deletion === undefined ? isDryRun(exchange) : isDryDeletion(deletion)

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

/** What match conditions and policies know as `request`; what is empty is not there. */
export function conditionRequest(request: AdmissionRequest, version: string, dryRun: boolean): object {
  const { operation, exchange, user, name } = request
  const { subresource } = exchange.request
  const namespace = namespaceNamed(request)
  return {
    ...names(request, version),
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    name,
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: optionsOf(request, dryRun),
  }
}

/** A namespace that is there is in itself. Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go. */
const namespaceNamed = ({ definition, exchange: { request } }: AdmissionRequest): string =>
  definition.group === '' && definition.resource === 'namespaces' ? request.name : request.namespace

/** What the object is, as it is shown and as it was asked for. */
const names = ({ definition, kind: below }: AdmissionRequest, version: string): object => {
  const { group, version: asked, kind, resource } = definition
  const own = below && { group: below.group, version: below.version, kind: below.kind }
  return {
    kind: own ?? { group, version, kind },
    resource: { group, version, resource },
    requestKind: own ?? { group, version: asked, kind },
    requestResource: { group, version: asked, resource },
  }
}

/** How the object is to be written, as an object of its own. */
function optionsOf({ operation, exchange, deletion }: AdmissionRequest, dryRun: boolean): object | null {
  if (operation === 'CONNECT') return null
  const written = deletion === undefined ? ['fieldManager', 'fieldValidation'] : []
  const said = written.flatMap((name): [string, string][] => {
    const value = exchange.request.query.get(name) ?? ''
    return value === '' ? [] : [[name, value]]
  })
  return {
    ...deletion,
    kind: optionKinds[operation],
    apiVersion: 'meta.k8s.io/v1',
    ...Object.fromEntries(said),
    ...(dryRun ? { dryRun: ['All'] } : {}),
  }
}

/** An AdmissionReview in JSON, of that version of its own; `version` is the object's. */
export function reviewOf(
  uid: string,
  reviewVersion: string,
  version: string,
  admitted: AdmissionRequest,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  dryRun: boolean,
): string {
  const { operation, exchange, user, name } = admitted
  const { subresource } = exchange.request
  const namespace = namespaceNamed(admitted)
  const request = {
    uid,
    ...names(admitted, version),
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: optionsOf(admitted, dryRun),
  }
  const objects = `"object":${textOf(object)},"oldObject":${textOf(old)}`
  const head = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${reviewVersion}","request":`
  return `${head}${JSON.stringify(request).slice(0, -1)},${objects}}}`
}
