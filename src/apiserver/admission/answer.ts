/** What a webhook answers, and what is wrong with it. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/request, errors. */
import { goJsonProblem } from '../../kube/go-json.ts'
import { decodeJson } from '../../kube/json.ts'
import { operationsOf } from '../../kube/json-patch.ts'
import { isRecord } from '../../kube/object.ts'
import { StatusError, type Status } from '../../kube/status.ts'
import {
  readReview,
  strayReview,
  strayUid,
  type ReadReview,
  type ReviewKind,
  type WebhookAnswer,
} from '../webhook-answer.ts'

/** The webhook can't be asked, or what it says is no answer: its failure policy says what becomes of that. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
}

const reviews: ReviewKind = { group: 'admission.k8s.io', kind: 'AdmissionReview', type: 'admission-v1.AdmissionReview' }

export interface AdmissionAnswer {
  readonly allowed: boolean
  readonly status: unknown
  readonly warnings: readonly string[]
  /** A JSON patch in JSON, empty where there is none, and what its type is said to be. */
  readonly patch: string
  readonly patchType: string
}

/** What is answered to the review of that uid and version. Throws {@link CallFailure} for what is no answer to it. */
export function admissionAnswer(
  answer: WebhookAnswer,
  version: string,
  uid: string,
  mutating: boolean,
): AdmissionAnswer {
  let review: ReadReview
  try {
    review = readReview(answer, reviews, version)
  } catch (error) {
    throw new CallFailure(`failed to call webhook: ${(error as Error).message}`)
  }
  const { response } = review
  const problem =
    response === undefined
      ? 'webhook response was absent'
      : version === 'v1'
        ? (strayUid(review, uid) ?? strayReview(review, reviews) ?? misplacedPatch(response, mutating))
        : undefined
  if (response === undefined || problem !== undefined)
    throw new CallFailure(`received invalid webhook response: ${problem}`)
  const { allowed = false, status, warnings = [], patch = '', patchType = '' } = response as Partial<AdmissionAnswer>
  return {
    allowed,
    status,
    warnings,
    patch: mutating ? Buffer.from(patch, 'base64').toString('utf8') : '',
    // Before v1 nobody looked at it.
    patchType: version === 'v1' ? patchType : 'JSONPatch',
  }
}

/** Source: VerifyAdmissionResponse. */
function misplacedPatch(response: NonNullable<ReadReview['response']>, mutating: boolean): string | undefined {
  const { patch, patchType } = response
  const isPatched = patch !== undefined && patch !== ''
  if (!mutating && isPatched) return 'validating webhook may not return response.patch'
  if (!mutating && patchType !== undefined) return 'validating webhook may not return response.patchType'
  if (isPatched && patchType === undefined) return 'webhook returned response.patch but not response.patchType'
  if (!isPatched && patchType !== undefined) return 'webhook returned response.patchType but not response.patch'
  if (patchType === '') return 'webhook returned invalid response.patchType of ""'
  return undefined
}

/** The operations of its patch. Throws {@link CallFailure} for what is no patch. */
export function patchOf({ patch, patchType }: AdmissionAnswer): readonly unknown[] {
  if (patch === '') return []
  let operations: readonly unknown[]
  try {
    operations = operationsOf(parsed(patch))
  } catch (error) {
    throw new CallFailure(`received undecodable patch in webhook response: ${(error as Error).message}`)
  }
  if (operations.length > 0 && patchType !== 'JSONPatch')
    throw new CallFailure(`unsupported patch type ${JSON.stringify(patchType)}`)
  return operations
}

/** Throws what Go's decoder says. */
function parsed(text: string): unknown {
  const problem = goJsonProblem(text)
  if (problem !== undefined) throw new Error(problem)
  return decodeJson(text).value
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
    metadata: given.metadata ?? {},
    status: given.status === undefined || given.status === 'Success' ? 'Failure' : given.status,
    message: why === undefined || why === '' ? `${by} without explanation` : `${by}: ${why}`,
    code: Math.max(given.code ?? 0, 400),
  })
}
