/**
 * Dynamic admission: which policies and webhooks see a request, what they change, what they refuse.
 * Source: k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating,generic}.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Exchange } from '../../kube/handler.ts'
import { deepEqual } from '../../kube/object.ts'
import { internalError } from '../../kube/status.ts'
import type { User } from '../access/authenticate.ts'
import { withOwners } from '../apply/changes.ts'
import { managersProblem } from '../apply/managers.ts'
import type { ResourceDefinition } from '../definition.ts'
import { mutatingWebhookConfigurations } from '../resources/mutatingwebhookconfigurations.ts'
import { validatingWebhookConfigurations } from '../resources/validatingwebhookconfigurations.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { inOtherVersion } from '../versions.ts'
import { noteWarnings } from '../warnings.ts'
import type { Access } from '../cel/library/authorizer.ts'
import { WebhookCalls } from './calls.ts'
import { isChosen } from './chosen.ts'
import { meetsConditions } from './match-conditions.ts'
import { patched } from './patched.ts'
import { isDry } from './review.ts'
import { AdmissionPolicies } from './policies.ts'
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
export interface Shown {
  readonly version: string
  readonly object: KubeObject | undefined
  readonly old: KubeObject | undefined
}

export class DynamicAdmission {
  readonly #store: ObjectStore
  readonly #access: Access
  readonly #policies: AdmissionPolicies
  readonly #calls: WebhookCalls

  constructor(store: ObjectStore, clock: Clock, random: Random, access: Access) {
    this.#access = access
    this.#policies = new AdmissionPolicies(store, access)
    this.#calls = new WebhookCalls(store, clock, random)
    this.#store = store
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
      called.map(([webhook, shown]) => this.#calls.call(webhook, request, shown, warnings, false)),
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
    let isChanged = false
    // Those that ask for it see once more what others have changed after them.
    const eligible = new Set<Webhook>()
    const again = new Set<Webhook>()
    const round = async (chosen: readonly Webhook[]): Promise<void> => {
      for (const webhook of chosen) {
        const shown = await this.#shownTo(webhook, request, current, old)
        if (shown === undefined) continue
        const after = await this.#mutated(webhook, request, shown, warnings)
        if (after !== undefined) {
          current = after
          isChanged = true
          for (const earlier of eligible) again.add(earlier)
          eligible.clear()
        }
        if (webhook.reinvocationPolicy === 'IfNeeded') eligible.add(webhook)
      }
    }
    await round(webhooks)
    if (isChanged) await round(webhooks.filter((webhook) => again.has(webhook)))
    const problem = isChanged ? managersProblem(ownersIn(current)) : undefined
    if (problem === undefined || current === undefined) return current
    warnings.push(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
    )
    return withOwners(current, ownersIn(object))
  }

  /** The object as the webhook has changed it; undefined where it hasn't. */
  async #mutated(
    webhook: Webhook,
    request: AdmissionRequest,
    shown: Shown,
    warnings: string[],
  ): Promise<KubeObject | undefined> {
    const operations = await this.#calls.call(webhook, request, shown, warnings, true)
    if (operations.length === 0) return undefined
    if (shown.object === undefined)
      throw internalError(
        `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
      )
    const { definition, kind } = request
    const after = patched(kind ?? this.#shownAs(definition, shown.object), shown.object, operations)
    if (deepEqual(after, shown.object)) return undefined
    return kind === undefined ? inOtherVersion(definition, after, definition.version) : after
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
}

/** Options of a connection have no metadata. */
const ownersIn = (object: Partial<KubeObject> | undefined): KubeObject['metadata']['managedFields'] =>
  object?.metadata?.managedFields
