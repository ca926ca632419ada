/**
 * Dynamic admission: which policies and webhooks see a request, what they change, what they refuse.
 * Source: k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating,generic}.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Exchange } from '../../kube/handler.ts'
import { jsonPatch, operationsOf, PatchError } from '../../kube/json-patch.ts'
import { internalError } from '../../kube/status.ts'
import type { User } from '../access/authenticate.ts'
import { TypeMismatch } from '../../kube/types/go-value.ts'
import { asPrinted } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { mutatingWebhookConfigurations } from '../resources/mutatingwebhookconfigurations.ts'
import { services } from '../resources/services.ts'
import { validatingWebhookConfigurations } from '../resources/validatingwebhookconfigurations.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { inOtherVersion } from '../versions.ts'
import { noteWarnings } from '../warnings.ts'
import { isDryDeletion, isDryRun } from '../verbs/context.ts'
import type { Access } from '../cel/library/authorizer.ts'
import { addressOf, callWebhook, type WebhookClientConfig } from '../webhook-call.ts'
import { denied, InvalidAnswer, responseOf } from './answer.ts'
import { isChosen } from './chosen.ts'
import { meetsConditions } from './match-conditions.ts'
import { AdmissionPolicies } from './policies.ts'
import { reviewOf } from './review.ts'
import { ruleMatches, versionFor } from './rules.ts'
import { webhooksOf, type Webhook } from './webhook.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One request on its way through admission. */
export interface AdmissionRequest {
  readonly definition: ResourceDefinition
  /** What a subresource's objects are, where they are of a kind of their own: webhooks see those. */
  readonly kind?: ResourceDefinition
  readonly operation: Operation
  readonly exchange: Exchange
  readonly user: User
  /** As the request says it: '' where the server is to find one, and of the objects of a collection. */
  readonly name: string
  /** How it is to be deleted, where it is. */
  readonly deletion?: Readonly<Record<string, unknown>> & { readonly dryRun?: readonly string[] }
}

export interface Admission {
  /** The object as mutating webhooks leave it. */
  mutate(object: KubeObject | undefined, old: KubeObject | undefined): Promise<KubeObject | undefined>
  /** Throws what the first policy or validating webhook that refuses says. */
  validate(object: KubeObject | undefined, old: KubeObject | undefined): Promise<void>
  /** What they want the client to be told. */
  readonly warnings: readonly string[]
}

/** What a webhook sees. */
interface Shown {
  readonly version: string
  readonly object: KubeObject | undefined
  readonly old: KubeObject | undefined
}

export class DynamicAdmission {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #random: Random
  readonly #access: Access
  readonly #policies: AdmissionPolicies
  #calls = 0

  constructor(store: ObjectStore, clock: Clock, random: Random, access: Access) {
    this.#access = access
    this.#policies = new AdmissionPolicies(store, access)
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  /** Undefined when no webhook or policy could match: most servers have none at all. */
  for(request: AdmissionRequest): Admission | undefined {
    if (request.definition.group === 'admissionregistration.k8s.io') return undefined
    const mutating = this.#matching(mutatingWebhookConfigurations, request)
    const validating = this.#matching(validatingWebhookConfigurations, request)
    const policies = this.#policies.bound
    if (mutating.length === 0 && validating.length === 0 && policies.length === 0) return undefined
    const warnings: string[] = []
    const told = async <T>(asked: Promise<T>): Promise<T> => {
      try {
        return await asked
      } finally {
        noteWarnings(request.exchange, warnings)
      }
    }
    return {
      warnings,
      mutate: (object, old) => told(this.#mutate(mutating, request, object, old, warnings)),
      validate: (object, old) => {
        // A new object has got its name by now.
        const named = request.name === '' && request.operation === 'CREATE' ? object?.metadata.name : undefined
        const asked = named === undefined ? request : { ...request, name: named }
        return told(this.#validate(validating, policies, asked, { object, old }, warnings))
      },
    }
  }

  async #validate(
    webhooks: readonly Webhook[],
    policies: AdmissionPolicies['bound'],
    request: AdmissionRequest,
    { object, old }: Omit<Shown, 'version'>,
    warnings: string[],
  ): Promise<void> {
    await this.#policies.check(policies, request, { object, old, dryRun: isDry(request) }, warnings)
    const called: [Webhook, Shown][] = []
    for (const webhook of webhooks) {
      const shown = await this.#shownTo(webhook, request, object, old)
      if (shown !== undefined) called.push([webhook, shown])
    }
    const answers = await Promise.allSettled(
      called.map(([webhook, shown]) => this.#call(webhook, request, shown, warnings, false)),
    )
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  }

  #matching(configurations: ResourceDefinition, request: AdmissionRequest): Webhook[] {
    const collection = this.#store.collection(configurations)
    if (collection.size === 0) return []
    return collection
      .list()
      .flatMap(({ value }) => webhooksOf(value))
      .filter((webhook) =>
        (webhook.rules ?? []).some((rule) => ruleMatches(rule, request, webhook.matchPolicy !== 'Exact')),
      )
  }

  async #mutate(
    webhooks: readonly Webhook[],
    request: AdmissionRequest,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    warnings: string[],
  ): Promise<KubeObject | undefined> {
    let current = object
    const changed = new Set<Webhook>()
    const round = async (chosen: readonly Webhook[]): Promise<void> => {
      for (const webhook of chosen) {
        const shown = await this.#shownTo(webhook, request, current, old)
        if (shown === undefined) continue
        const patch = await this.#call(webhook, request, shown, warnings, true)
        if (patch === undefined || shown.object === undefined) continue
        const { definition } = request
        current =
          request.kind === undefined
            ? await inOtherVersion(
                definition,
                patched(this.#shownAs(definition, shown.object), shown.object, patch),
                definition.version,
              )
            : patched(request.kind, shown.object, patch)
        changed.add(webhook)
      }
    }
    await round(webhooks)
    // Those that ask for it see once more what others have changed after them.
    const again = webhooks.filter(
      (webhook) => webhook.reinvocationPolicy === 'IfNeeded' && [...changed].some((other) => other !== webhook),
    )
    if (again.length > 0) await round(again)
    return current
  }

  /** The kind in the version that a webhook has seen. */
  #shownAs(definition: ResourceDefinition, { apiVersion, kind }: KubeObject): ResourceDefinition {
    return this.#store.registry.byKind(apiVersion, kind) ?? definition
  }

  /** The objects as the webhook and its conditions see them; undefined where it is not to be asked. */
  async #shownTo(
    webhook: Webhook,
    request: AdmissionRequest,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
  ): Promise<Shown | undefined> {
    if (!isChosen(webhook, this.#store, request, object, old)) return undefined
    const { definition } = request
    const version = versionFor(webhook.rules, definition)
    const inItsVersion = async <T extends KubeObject | undefined>(whole: T): Promise<T> =>
      request.kind === undefined ? inOtherVersion(definition, whole, version) : whole
    const shown = { version, object: await inItsVersion(object), old: await inItsVersion(old) }
    const subject = { ...shown, dryRun: isDry(request), access: this.#access }
    return meetsConditions(webhook, request, subject, version) ? shown : undefined
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

  /** Its patch, if it sends one. */
  async #call(
    webhook: Webhook,
    request: AdmissionRequest,
    { version, object, old }: Shown,
    warnings: string[],
    mutating: boolean,
  ): Promise<unknown> {
    const uid = this.#random.uuid('admission', this.#calls++)
    const review = reviewOf(uid, version, request, object, old, isDry(request))
    let response: Readonly<Record<string, unknown>>
    try {
      const { clientConfig, timeoutSeconds = 10 } = webhook
      this.#requireService(clientConfig, timeoutSeconds)
      const answer = await callWebhook(clientConfig, timeoutSeconds, review, this.#clock)
      response = responseOf(answer, uid, mutating)
    } catch (error) {
      if (webhook.failurePolicy === 'Ignore') return undefined
      const { message } = error as Error
      const why = error instanceof InvalidAnswer ? message : `failed to call webhook: ${message}`
      throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${why}`)
    }
    if (Array.isArray(response['warnings'])) warnings.push(...response['warnings'].map(String))
    if (response['allowed'] !== true) throw denied(webhook.name, response['status'])
    return typeof response['patch'] === 'string'
      ? (JSON.parse(Buffer.from(response['patch'], 'base64').toString('utf8')) as unknown)
      : undefined
  }
}

const isDry = ({ deletion, exchange }: AdmissionRequest): boolean =>
  deletion === undefined ? isDryRun(exchange) : isDryDeletion(deletion)

/** Throws 500 for a patch that doesn't fit the object, or makes something else of it. */
function patched(definition: ResourceDefinition, object: KubeObject, patch: unknown): KubeObject {
  try {
    const after = jsonPatch(object, operationsOf(patch)) as KubeObject
    return definition.custom === true ? withReadMetadata(definition, after) : asPrinted(definition, after)
  } catch (error) {
    if (error instanceof PatchError || error instanceof TypeMismatch) throw internalError(error.message)
    throw error
  }
}

/** The rest of a custom resource may have what its kind doesn't: it is looked at when all webhooks have seen it. */
function withReadMetadata(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object
  const read = definition.conform?.({ apiVersion, kind, metadata }, () => {})
  return read === undefined ? object : { ...object, metadata: read.metadata }
}
