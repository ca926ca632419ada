/** What a webhook answers, and what is wrong with it. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/request, errors. */
import { isRecord } from '../../kube/object.ts'
import { StatusError, type Status } from '../../kube/status.ts'

type Json = Readonly<Record<string, unknown>>

/** What came back is no answer. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer'
}

/** The response to the review of that uid. Throws what the real server says of one that is none. */
export function responseOf(answer: unknown, uid: string, mutating: boolean): Json {
  const { apiVersion = '', kind = '', response } = isRecord(answer) ? answer : {}
  if (kind !== 'AdmissionReview' || !['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'].includes(String(apiVersion)))
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  const bad = (why: string): Error => new InvalidAnswer(`received invalid webhook response: ${why}`)
  if (!isRecord(response)) throw bad('webhook response was absent')
  if (apiVersion !== 'admission.k8s.io/v1')
    throw bad(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${String(apiVersion)}, Kind=${String(kind)}`,
    )
  if (response['uid'] !== uid)
    throw bad(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`)
  if (!mutating) return response
  const { patch = '', patchType } = response
  if (patch !== '' && patchType === undefined) throw bad('webhook returned response.patch but not response.patchType')
  if (patch === '' && patchType !== undefined) throw bad('webhook returned response.patchType but not response.patch')
  if (patchType !== undefined && patchType !== 'JSONPatch')
    throw bad(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`)
  return response
}

/** Source: k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go. */
export function denied(name: string, result: unknown): StatusError {
  const given = (isRecord(result) ? result : {}) as Partial<Status>
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = given.message || given.reason
  return new StatusError({
    ...given,
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why === undefined || why === '' ? `${by} without explanation` : `${by}: ${why}`,
    code: Math.max(given.code ?? 0, 400),
  })
}
