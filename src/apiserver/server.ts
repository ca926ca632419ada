/**
 * An in-memory Kubernetes API server as a Handler: authentication, routing, errors. One for each workload cluster,
 * one for the management cluster. What it simplifies is listed in docs/fidelity.md.
 */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { jsonReply, statusReply, textReply, type Exchange, type Handler, type Reply } from '../kube/handler.ts'
import { failure, internalError, StatusError } from '../kube/status.ts'
import { authenticate, authorize, type AccessOptions } from './access.ts'
import { startCustomResources } from './custom/controller.ts'
import type { ResourceDefinition } from './definition.ts'
import { discovery } from './discovery.ts'
import type { Defer } from './event-log.ts'
import { openApiV3 } from './openapi.ts'
import { GarbageCollector } from './garbage-collector.ts'
import type { ResourceRegistry } from './registry.ts'
import { startNamespaceController } from './namespaces.ts'
import { ObjectStore } from './store.ts'
import { verbHandlers } from './verbs.ts'
import type { VerbContext } from './verbs/context.ts'
import type { Watcher } from './watcher.ts'

export interface ApiServerOptions extends AccessOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly registry: ResourceRegistry
  readonly defer: Defer
  readonly historyMax?: number
  /** Without sockets there is no peer to check: a rehearsal's clients are trusted. */
  readonly trusted?: boolean
  /** False leaves out what kube-controller-manager does: garbage collection, namespace deletion. */
  readonly controllerManager?: boolean
  readonly onError?: (error: unknown) => void
}

/** `/version` of everything that is ours: the proxy injects only into these unless told otherwise. */
export const serverVersion = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0+capstorm',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
}

export class ApiServer {
  readonly store: ObjectStore
  readonly #options: ApiServerOptions
  readonly #watchers = new Set<Watcher>()
  readonly #context: VerbContext

  constructor(options: ApiServerOptions) {
    this.#options = options
    this.store = new ObjectStore(options)
    this.#context = {
      store: this.store,
      clock: options.clock,
      random: options.random,
      watchers: this.#watchers,
      tracksOwnership: options.trusted !== true,
    }
    if (options.controllerManager !== false) {
      new GarbageCollector(this.store, queueMicrotask)
      startNamespaceController(this.store, queueMicrotask)
    }
    startCustomResources(this.store, options.clock, queueMicrotask)
  }

  /** Open watch streams. */
  get watchCount(): number {
    return this.#watchers.size
  }

  readonly handler: Handler = async (exchange) => {
    try {
      return await this.#answer(exchange)
    } catch (error) {
      if (error instanceof StatusError) return statusReply(error.status)
      this.#options.onError?.(error)
      return statusReply(internalError((error as Error).message).status)
    }
  }

  /** Ends every watch, as a server that shuts down does. */
  close(): void {
    for (const watcher of [...this.#watchers]) watcher.close()
  }

  #answer(exchange: Exchange): Reply | Promise<Reply> {
    const { request } = exchange
    if (this.#options.trusted !== true) authorize(authenticate(exchange, this.#options), request)
    if (!request.isResource) return this.#nonResource(exchange)
    const definition = this.store.registry.byPath(request.group, request.version, request.resource)
    if (definition === undefined || !servesSubresource(definition, request.subresource)) throw pageNotFound()
    if (definition.namespaced && request.namespace === '' && request.name !== '') throw pageNotFound()
    return verbHandlers[request.verb](this.#context, definition, exchange)
  }

  #nonResource({ request }: Exchange): Reply {
    switch (request.path) {
      case '/':
        return jsonReply(200, { paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/readyz', '/version'] })
      case '/version':
      case '/version/':
        return jsonReply(200, serverVersion)
      case '/healthz':
      case '/livez':
      case '/readyz':
        return textReply(200, 'ok')
      default: {
        const { definitions } = this.store.registry
        const answer = discovery(request.path, definitions) ?? openApiV3(request.path, definitions)
        if (answer === undefined) throw pageNotFound()
        return jsonReply(200, answer)
      }
    }
  }
}

const servesSubresource = (definition: ResourceDefinition, subresource: string): boolean =>
  subresource === '' || (subresource === 'status' && definition.status === true)

const pageNotFound = (): StatusError => failure(404, 'NotFound', 'the server could not find the requested resource')
