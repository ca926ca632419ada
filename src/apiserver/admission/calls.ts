/** Webhooks are asked what they think of a request. Source: k8s.io/apiserver/pkg/admission/plugin/webhook. */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { internalError } from '../../kube/status.ts'
import { services } from '../resources/services.ts'
import type { ObjectStore } from '../store.ts'
import { reviewVersion, type WebhookAnswer } from '../webhook-answer.ts'
import { addressOf, callWebhook, type WebhookClientConfig } from '../webhook-call.ts'
import type { AdmissionRequest, Shown } from './admission.ts'
import { admissionAnswer, CallFailure, denied, patchOf } from './answer.ts'
import { isDry, reviewOf } from './review.ts'
import type { Webhook } from './webhook.ts'

export class WebhookCalls {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #random: Random
  #count = 0

  constructor(store: ObjectStore, clock: Clock, random: Random) {
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  /** There is no network of Services; one that isn't there at all is told of in the real words. */
  #requireService({ service }: WebhookClientConfig, timeout: number): void {
    if (service === undefined) return
    const { namespace, name } = service
    if (this.#store.get(services, `${namespace}/${name}`) === undefined)
      throw new Error(
        `Post ${JSON.stringify(addressOf({ service }, timeout))}: service ${JSON.stringify(name)} not found`,
      )
  }

  /** The operations of its patch. */
  async call(
    webhook: Webhook,
    request: AdmissionRequest,
    { version, object, old }: Shown,
    warnings: string[],
    mutating: boolean,
  ): Promise<readonly unknown[]> {
    const { name, clientConfig, timeoutSeconds = 10, failurePolicy, admissionReviewVersions = ['v1'] } = webhook
    const uid = this.#random.uuid('admission', this.#count++)
    const inVersion = reviewVersion(admissionReviewVersions)
    const review = reviewOf(uid, inVersion, version, request, object, old, isDry(request))
    try {
      const answer = admissionAnswer(await this.#asked(clientConfig, timeoutSeconds, review), inVersion, uid, mutating)
      warnings.push(...answer.warnings)
      if (!answer.allowed) throw denied(name, answer.status)
      return patchOf(answer)
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      if (failurePolicy === 'Ignore') return []
      throw internalError(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`)
    }
  }

  async #asked(clientConfig: WebhookClientConfig, timeout: number, review: string): Promise<WebhookAnswer> {
    try {
      this.#requireService(clientConfig, timeout)
      return await callWebhook(clientConfig, timeout, review, this.#clock)
    } catch (error) {
      throw new CallFailure(`failed to call webhook: ${(error as Error).message}`)
    }
  }
}
