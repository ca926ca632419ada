/**
 * Dynamic admission: which webhooks see a request, what they change, what they refuse.
 * Source: k8s.io/apiserver/pkg/admission/plugin/webhook/{mutating,validating,generic}.
 */
import { Environment } from '@marcbachmann/cel-js'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Exchange } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { jsonPatch } from '../../kube/patch.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import { internalError, StatusError, type Status } from '../../kube/status.ts'
import type { User } from '../access/authenticate.ts'
import { userInfo } from '../access/reviews.ts'
import type { ResourceDefinition } from '../definition.ts'
import { mutatingWebhookConfigurations } from '../resources/mutatingwebhookconfigurations.ts'
import { namespaces } from '../resources/namespaces.ts'
import { validatingWebhookConfigurations } from '../resources/validatingwebhookconfigurations.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { inOtherVersion } from '../versions.ts'
import { isDryRun } from '../verbs/context.ts'
import { callWebhook } from '../webhook-call.ts'
import { webhooksOf, type Webhook, type WebhookRule } from './webhook.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE'

/** One request on its way through admission. */
export interface AdmissionRequest {
  readonly definition: ResourceDefinition
  readonly operation: Operation
  readonly exchange: Exchange
  readonly user: User
}

export interface Admission {
  /** The object as mutating webhooks leave it. */
  mutate(object: KubeObject | undefined, old: KubeObject | undefined): Promise<KubeObject | undefined>
  /** Throws what the first validating webhook that refuses says. */
  validate(object: KubeObject | undefined, old: KubeObject | undefined): Promise<void>
  /** What webhooks want the client to be told. */
  readonly warnings: readonly string[]
}

const celEnvironment = new Environment({ unlistedVariablesAreDyn: true })

export class AdmissionWebhooks {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #random: Random
  #calls = 0

  constructor(store: ObjectStore, clock: Clock, random: Random) {
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  /** Undefined when no webhook could match: most servers have none at all. */
  for(request: AdmissionRequest): Admission | undefined {
    if (request.definition.group === 'admissionregistration.k8s.io') return undefined
    const mutating = this.#matching(mutatingWebhookConfigurations, request)
    const validating = this.#matching(validatingWebhookConfigurations, request)
    if (mutating.length === 0 && validating.length === 0) return undefined
    const warnings: string[] = []
    return {
      warnings,
      mutate: (object, old) => this.#mutate(mutating, request, object, old, warnings),
      validate: async (object, old) => {
        const called = validating.filter((webhook) => this.#selects(webhook, request, object, old))
        const answers = await Promise.allSettled(
          called.map((webhook) => this.#call(webhook, request, object, old, warnings)),
        )
        for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
      },
    }
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
        if (!this.#selects(webhook, request, current, old)) continue
        const { shown, patch } = await this.#call(webhook, request, current, old, warnings)
        if (patch === undefined || shown === undefined) continue
        const { definition } = request
        try {
          const patched = jsonPatch(shown, patch) as KubeObject
          current = await inOtherVersion(definition, patched, definition.version)
        } catch (error) {
          throw internalError(
            `admission webhook "${webhook.name}" sent a patch that does not apply: ${(error as Error).message}`,
          )
        }
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

  #selects(
    webhook: Webhook,
    request: AdmissionRequest,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
  ): boolean {
    const labels = this.#namespaceLabels(request)
    if (labels !== undefined && !labelSelectorMatcher(webhook.namespaceSelector ?? {})(labels)) return false
    const selects = labelSelectorMatcher(webhook.objectSelector ?? {})
    if (!selects(object?.metadata.labels) && !(old !== undefined && selects(old.metadata.labels))) return false
    return (webhook.matchConditions ?? []).every(({ name, expression }) => {
      try {
        const { user, operation } = request
        const context = {
          object: object ?? null,
          oldObject: old ?? null,
          request: { operation, userInfo: { username: user.name, groups: user.groups } },
        }
        return celEnvironment.parse(expression)(context) === true
      } catch (error) {
        if (webhook.failurePolicy === 'Ignore') return false
        throw internalError(
          `match condition "${name}" of webhook "${webhook.name}" failed: ${(error as Error).message}`,
        )
      }
    })
  }

  /** Undefined for cluster-scoped kinds, which namespace selectors don't concern; a namespace has its own labels. */
  #namespaceLabels({ definition, exchange }: AdmissionRequest): Readonly<Record<string, string>> | undefined {
    if (!definition.namespaced) return undefined
    return this.#store.get(namespaces, exchange.request.namespace)?.value.metadata.labels ?? {}
  }

  /** The object as the webhook saw it, and its patch, if it sends one. */
  async #call(
    webhook: Webhook,
    request: AdmissionRequest,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    warnings: string[],
  ): Promise<{ readonly shown: KubeObject | undefined; readonly patch?: unknown }> {
    const dryRun = isDryRun(request.exchange)
    const uid = this.#random.uuid('admission', this.#calls++)
    const { definition } = request
    const version = versionFor(webhook, definition)
    const shown = await inOtherVersion(definition, object, version)
    const shownOld = await inOtherVersion(definition, old, version)
    const review = reviewOf(uid, version, request, shown, shownOld, dryRun)
    let response: Record<string, unknown>
    try {
      const { clientConfig, timeoutSeconds = 10 } = webhook
      const answer = await callWebhook(clientConfig, timeoutSeconds, review, this.#clock)
      if (!isRecord(answer) || !isRecord(answer['response'])) throw new Error('the answer has no response')
      response = answer['response']
      if (response['uid'] !== uid)
        throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`)
    } catch (error) {
      if (webhook.failurePolicy === 'Ignore') return { shown }
      throw internalError(
        `failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${(error as Error).message}`,
      )
    }
    if (Array.isArray(response['warnings'])) warnings.push(...response['warnings'].map(String))
    if (response['allowed'] !== true) throw denied(webhook.name, response['status'])
    return typeof response['patch'] === 'string'
      ? { shown, patch: JSON.parse(Buffer.from(response['patch'], 'base64').toString('utf8')) as unknown }
      : { shown }
  }
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) === true

function ruleMatches(
  rule: WebhookRule,
  { definition, operation, exchange }: AdmissionRequest,
  equivalent: boolean,
): boolean {
  const { subresource } = exchange.request
  if (!includes(rule.operations, operation) || !includes(rule.apiGroups, definition.group)) return false
  if (!equivalent && !includes(rule.apiVersions, definition.version)) return false
  if (rule.scope === 'Cluster' && definition.namespaced) return false
  if (rule.scope === 'Namespaced' && !definition.namespaced) return false
  return (rule.resources ?? []).some((each) => {
    const [resource = '', below = ''] = each.split('/')
    return (resource === '*' || resource === definition.resource) && (below === '*' || below === subresource)
  })
}

/** The version in which the webhook wants to see this kind. */
function versionFor(webhook: Webhook, { group, version, resource }: ResourceDefinition): string {
  const rules = (webhook.rules ?? []).filter(
    (rule) =>
      includes(rule.apiGroups, group) &&
      (rule.resources ?? []).some((each) => each === '*' || each.split('/')[0] === resource),
  )
  if (rules.some((rule) => includes(rule.apiVersions, version))) return version
  return rules[0]?.apiVersions?.[0] ?? version
}

const texts = new WeakMap<KubeObject, string>()

/** An object's JSON: one write shows the same objects to several webhooks. */
function textOf(object: KubeObject | undefined): string {
  if (object === undefined) return 'null'
  let text = texts.get(object)
  if (text === undefined) texts.set(object, (text = JSON.stringify(object)))
  return text
}

/** An AdmissionReview in JSON. */
function reviewOf(
  uid: string,
  version: string,
  { definition, operation, exchange, user }: AdmissionRequest,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  dryRun: boolean,
): string {
  const { group, kind, resource } = definition
  const { namespace, subresource, query } = exchange.request
  const optionKinds = {
    CREATE: 'CreateOptions',
    UPDATE: exchange.request.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions',
    DELETE: 'DeleteOptions',
  }
  const fieldManager = query.get('fieldManager')
  const request = {
    uid,
    kind: { group, version, kind },
    resource: { group, version, resource },
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: { group, version: definition.version, kind },
    requestResource: { group, version: definition.version, resource },
    name: object?.metadata.name ?? old?.metadata.name ?? '',
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: {
      kind: optionKinds[operation],
      apiVersion: 'meta.k8s.io/v1',
      ...(fieldManager === null ? {} : { fieldManager }),
      ...(dryRun ? { dryRun: ['All'] } : {}),
    },
  }
  const objects = `"object":${textOf(object)},"oldObject":${textOf(old)}`
  const head = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":'
  return `${head}${JSON.stringify(request).slice(0, -1)},${objects}}}`
}

/** Source: k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go. */
function denied(name: string, result: unknown): StatusError {
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
