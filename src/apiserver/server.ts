/**
 * An in-memory Kubernetes API server as a Handler: authentication, routing, errors. One for each workload cluster,
 * one for the management cluster. What it simplifies is listed in docs/fidelity.md.
 */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { statusReply, textReply, type Exchange, type Handler, type Reply } from '../kube/handler.ts'
import { hasBadEscape } from '../kube/request.ts'
import { internalError, methodNotAllowed, StatusError } from '../kube/status.ts'
import { authenticate, type Authenticators, type User } from './access/authenticate.ts'
import { createDefaultRoles } from './access/default-roles.ts'
import { Impersonation } from './access/impersonation.ts'
import { accessVerb, RoleBasedAccess } from './access/rbac.ts'
import { ServiceAccountTokens } from './access/service-account-tokens.ts'
import { DynamicAdmission } from './admission/admission.ts'
import type { Collection } from './collection.ts'
import { startCustomResources } from './custom/controller.ts'
import { DataLog } from './data-log.ts'
import { createDefaultAddresses } from './default-addresses.ts'
import { createDefaultFlows } from './default-flows.ts'
import { createDefaultPriorities } from './default-priorities.ts'
import type { Defer } from './event-log.ts'
import { nonResourceReply } from './non-resource/non-resource.ts'
import { unknownPath } from './non-resource/routes.ts'
import { startAvailability } from './controllers/api-service-availability.ts'
import { startApiServices } from './controllers/api-services.ts'
import { startDisruption } from './controllers/disruption.ts'
import { startFlowSchemas } from './controllers/flow-schemas.ts'
import { startRoleAggregation } from './controllers/role-aggregation.ts'
import { startNamespaceController } from './controllers/namespace.ts'
import { Housekeeping } from './controllers/housekeeping.ts'
import { GarbageCollector } from './controllers/garbage-collector.ts'
import { objectTypeOf } from './body.ts'
import { applyPatchType, patchTypeOf } from './patch-body.ts'
import { checkOptions } from './request-options.ts'
import { RequestLimits } from './request-limits.ts'
import type { ResourceDefinition } from './definition.ts'
import type { ResourceRegistry } from './registry.ts'
import { inWantedFormat } from './represent.ts'
import { definitionFor, subresourceOf } from './route.ts'
import { prettied } from './pretty.ts'
import { ObjectStore } from './store.ts'
import type { PortDialer } from './subresources/port-forward.ts'
import { verbHandlers } from './verbs.ts'
import { wantedOf } from './negotiate.ts'
import { wantedIn } from './verbs/read.ts'
import { withNoted, withWarning, withPrintedWarnings } from './warnings.ts'
import type { VerbContext } from './verbs/context.ts'
import type { Watcher } from './watcher.ts'

export interface ApiServerOptions {
  /** Bearer tokens and whom they stand for. */
  readonly tokens?: ReadonlyMap<string, User>
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly registry: ResourceRegistry
  readonly defer: Defer
  readonly historyMax?: number
  /** More requests than this at once, watches apart, are answered 429; unlimited where absent. */
  readonly inFlightMax?: number
  /** A directory that keeps the store across restarts; undefined keeps it in memory alone. */
  readonly data?: string
  /** Without sockets there is no peer to check: a rehearsal's clients are trusted. */
  readonly trusted?: boolean
  /** False leaves out what kube-controller-manager does: garbage collection, namespace deletion. */
  readonly controllerManager?: boolean
  /** What listens on pods' ports, for port-forward. */
  readonly dialPort?: PortDialer
  readonly onError?: (error: unknown) => void
}

export class ApiServer implements Disposable {
  readonly store: ObjectStore
  readonly #options: ApiServerOptions
  readonly #watchers = new Set<Watcher>()
  readonly #authenticators: Authenticators
  readonly #rbac: RoleBasedAccess
  readonly #impersonation: Impersonation
  readonly #data: DataLog | undefined
  readonly #limits: RequestLimits
  readonly #housekeeping: Housekeeping | undefined
  readonly #auditPrefix: string
  #audited = 0
  readonly #started: number
  readonly #context: VerbContext

  constructor(options: ApiServerOptions) {
    this.#options = options
    this.store = new ObjectStore(options)
    this.#started = Math.floor(options.clock.wallMs() / 1000)
    const nowMs = (): number => options.clock.wallMs()
    const keyFile = options.data === undefined ? undefined : join(options.data, 'sa.key')
    const serviceAccounts = new ServiceAccountTokens(this.store, nowMs, options.random, keyFile)
    this.#authenticators = { tokens: options.tokens, serviceAccounts, store: this.store, nowMs }
    this.#rbac = new RoleBasedAccess(this.store)
    this.#impersonation = new Impersonation(this.#rbac)
    this.#context = {
      store: this.store,
      clock: options.clock,
      random: options.random,
      watchers: this.#watchers,
      tracksOwnership: options.trusted !== true,
      access: this.#authenticators,
      rbac: this.#rbac,
      webhooks: new DynamicAdmission(this.store, options.clock, options.random, this.#rbac),
      dialPort: options.dialPort,
    }
    if (options.controllerManager !== false) {
      new GarbageCollector(this.store, options.clock, queueMicrotask)
      startNamespaceController(this.store, options.clock, queueMicrotask)
      startDisruption(this.store, options.clock, queueMicrotask)
      startRoleAggregation(this.store, options.clock, queueMicrotask)
    }
    // A rehearsal has no use for what only people and foreign clients look at.
    const keepsHouse = options.controllerManager !== false && options.trusted !== true
    this.#housekeeping = keepsHouse
      ? new Housekeeping(this.store, options.clock, serviceAccounts, queueMicrotask)
      : undefined
    this.#limits = new RequestLimits(options.clock, options.inFlightMax)
    this.#auditPrefix = options.random.uuid('audit', options.name).slice(0, -12)
    startCustomResources(this.store, options.clock, options.random, queueMicrotask, (collection) =>
      this.#endWatches(collection),
    )
    if (options.trusted !== true) startAvailability(this.store, options.clock, queueMicrotask)
    this.#data = options.data === undefined ? undefined : new DataLog(options.data, this.store)
    if (options.trusted !== true) {
      createDefaultRoles(this.store, options.clock)
      createDefaultPriorities(this.store, options.clock)
      createDefaultFlows(this.store, options.clock)
      createDefaultAddresses(this.store, options.clock)
      startFlowSchemas(this.store, options.clock, queueMicrotask)
      startApiServices(this.store, options.clock, queueMicrotask)
    }
  }

  #endWatches(collection: Collection): void {
    for (const watcher of [...this.#watchers]) if (watcher.collection === collection) watcher.end()
  }

  /** Open watch streams. */
  get watchCount(): number {
    return this.#watchers.size
  }

  readonly handler: Handler = async (exchange) => {
    if (this.#options.trusted === true) return this.#answered(exchange)
    // Go's HTTP server answers before anybody reads it.
    if (hasBadEscape(exchange.request.path)) return textReply(400, '400 Bad Request')
    const reply = await this.#limits.around(exchange, () => this.#answered(exchange))
    return {
      ...reply,
      headers: { 'cache-control': 'no-cache, private', ...reply.headers, 'audit-id': this.#auditId(exchange) },
    }
  }

  /** The client's own id, else one of ours. */
  #auditId({ headers }: Exchange): string {
    const given = headers['audit-id']
    if (typeof given === 'string' && /^[\w-]{1,64}$/.test(given)) return given
    return this.#auditPrefix + (this.#audited++).toString(16).padStart(12, '0')
  }

  async #answered(exchange: Exchange): Promise<Reply> {
    const refused = (error: unknown): Reply => {
      if (error instanceof StatusError) {
        const reply = withNoted(exchange, statusReply(error.status))
        return error instanceof Unsniffed ? { ...reply, headers: { ...reply.headers, ...unsniffed } } : reply
      }
      this.#options.onError?.(error)
      return statusReply(internalError((error as Error).message).status)
    }
    let reply: Reply
    let routed = true
    try {
      reply = await this.#answer(exchange)
    } catch (error) {
      reply = refused(error)
      routed = !(error instanceof StatusError && (error.status.code === 405 || refusedByRouter.test(error.message)))
    }
    const deprecation = routed ? this.#deprecation(exchange) : undefined
    const told = deprecation === undefined ? reply : withWarning(reply, deprecation)
    return prettied(exchange, inWantedFormat(exchange, withPrintedWarnings(told)))
  }

  /** PEM of the authority that signs this server's certificate: clients inside find it in every namespace. */
  publishRootCa(certificate: string): void {
    this.#housekeeping?.publishRootCa(certificate)
  }

  /** Ends every watch, as a server that shuts down does. */
  close(): void {
    for (const watcher of [...this.#watchers]) watcher.close()
  }

  /** Closes for good: what is on disk is whole. */
  [Symbol.dispose](): void {
    this.close()
    this.#housekeeping?.[Symbol.dispose]()
    this.#data?.[Symbol.dispose]()
  }

  /** Who asks, if they may: throws 401 and 403 in the real server's words. */
  admit(exchange: Exchange): User {
    if (this.#options.trusted === true) return trustedUser
    const user = this.#impersonation.userOf(authenticate(exchange, this.#authenticators), exchange)
    if (!user.groups.includes('system:masters')) this.#rbac.require(user, this.#rbac.attributesOf(exchange.request))
    return user
  }

  #whoAsks(exchange: Exchange): User {
    try {
      return this.admit(exchange)
    } catch (error) {
      throw error instanceof StatusError && error.status.code !== 401 ? new Unsniffed(error.status) : (error as Error)
    }
  }

  /** Whatever becomes of a request for a kind that is on its way out, it is told so. */
  #deprecation({ request }: Exchange): string | undefined {
    if (!request.isResource) return undefined
    const definition = this.store.registry.byPath(request.group, request.version, request.resource)
    // Built-in kinds that are deprecated have nothing but themselves.
    if (definition?.custom !== true && request.subresource !== '') return undefined
    return definition?.deprecationWarning
  }

  #answer(exchange: Exchange): Reply | Promise<Reply> {
    const { request } = exchange
    const user = this.#whoAsks(exchange)
    if (!request.isResource)
      return nonResourceReply(exchange, {
        definitions: this.store.registry.definitions,
        tokens: this.#authenticators.serviceAccounts,
        metrics: {
          text: () => this.#limits.metrics.text(this.#limits.inFlight, this.#watchers),
          reset: () => this.#limits.metrics.reset(),
        },
        started: this.#started,
      })
    const definition = definitionFor(this.store, exchange)
    if (definition === undefined) return unknownPath()
    const subresource = subresourceOf(definition, request.subresource)
    if (subresource !== undefined) {
      if (!subresource.verbs.includes(accessVerb(request))) throw methodNotAllowed()
      const { forms } = subresource
      checkWrite(definition, exchange, () => {
        if (forms !== undefined) wantedOf(exchange, { protobuf: true, tables: forms === 'table' })
      })
      return subresource.handle(this.#context, definition, exchange, user)
    }
    if (definition.verbs !== undefined && !definition.verbs.includes(request.verb)) throw methodNotAllowed()
    // A write that could not be answered is not done.
    if (request.method !== 'GET') checkWrite(definition, exchange, () => wantedIn(definition, exchange))
    const handle = definition.order ?? verbHandlers[request.verb]
    return handle(this.#context, definition, exchange, user)
  }
}

/** What is looked at before a write is read, in the real order. Throws 406, 415 and 422. */
function checkWrite(definition: ResourceDefinition, exchange: Exchange, answerable: () => void): void {
  const { request } = exchange
  const applies = request.verb === 'patch' && patchTypeOf(definition, exchange) === applyPatchType
  answerable()
  if (request.verb === 'create') objectTypeOf(exchange)
  checkOptions(request, applies)
}

/** A refusal from before anybody has looked at what is asked for: browsers are told to take it for nothing else. */
class Unsniffed extends StatusError {}
const unsniffed = { 'x-content-type-options': 'nosniff' }

/** Nobody has looked at a request of which this is said. */
const refusedByRouter = /^4\d\d: /

const trustedUser: User = { name: 'system:admin', groups: ['system:masters'] }
