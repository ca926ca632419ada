/**
 * The embedded world: management cluster, reference controllers or the definitions of released ones, and our
 * provider's site, joined either by real TLS sockets through the proxy or handler to handler under a simulated clock.
 */
import type { ApiServer } from '../apiserver/server.ts'
import { assert } from '../base/assert.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import { Client } from '../kube/client.ts'
import { insider } from '../kube/handler.ts'
import type { Plants } from '../management/context.ts'
import { clusterApiResources } from '../management/kinds/catalogue.ts'
import { createManagementServer, ReferenceControllers } from '../management/management-cluster.ts'
import type { Timers } from '../management/timers.ts'
import { devClusters } from '../provider/kinds/dev-cluster.ts'
import { devMachines } from '../provider/kinds/dev-machine.ts'
import { devMachineTemplates } from '../provider/kinds/templates.ts'
import { providerResources } from '../provider/provider.ts'
import { managementIdentity } from './identity.ts'
import { installReleased, type Released } from './released/install.ts'
import { Site, type SiteOptions } from './site.ts'
import { simulatedTransport, socketTransport, type ManagementAccess } from './transport.ts'

export interface EmbeddedOptions extends SiteOptions {
  readonly timers: Timers
  readonly plants: Plants & { readonly leakListeners: boolean; readonly keepGarbage: boolean }
  /** Definitions and webhooks of released managers, which run beside us: then there are no reference controllers. */
  readonly released?: Released | undefined
}

interface Parts {
  readonly options: EmbeddedOptions
  readonly site: Site
  readonly management: ApiServer
  readonly access: ManagementAccess | undefined
  readonly stack: AsyncDisposableStack
}

export class EmbeddedWorld implements AsyncDisposable {
  readonly site: Site
  readonly management: ApiServer
  /** Undefined in a rehearsal. */
  readonly access: ManagementAccess | undefined
  readonly #parts: Parts

  static async start(options: EmbeddedOptions): Promise<EmbeddedWorld> {
    await using stack = new AsyncDisposableStack()
    const { clock, random, log, sockets, plants, timers, data, released } = options
    const site = stack.use(new Site(options))
    const { engine, totals, publisher, simulated } = site
    const management = createManagementServer({
      clock,
      random,
      log,
      defer: site.defer,
      trusted: sockets === undefined,
      resources: released === undefined ? [...clusterApiResources, ...providerResources] : [],
      data,
      controllerManager: !plants.keepGarbage,
    })
    stack.defer(() => management[Symbol.dispose]())
    const guarded = engine.around(managementCluster, totals.around(managementCluster, management.handler))
    const { handler, access, dial } =
      simulated !== undefined
        ? simulatedTransport(engine, guarded, (port) => simulated.find(port))
        : await socketTransport(stack, clock, await managementIdentity(site.pki, data), publisher, management.handler)
    if (access !== undefined) management.publishRootCa(access.authority.cert)
    let controllers: ReferenceControllers | undefined
    if (released !== undefined) {
      assert(access !== undefined, 'released managers reach a management server by its sockets')
      const client = new Client({ handler: management.handler, clock, userAgent: 'capstorm-up', peer: insider })
      await installReleased(client, released, access.authority.cert)
    } else {
      const infrastructure = { cluster: devClusters, machine: devMachines, machineTemplate: devMachineTemplates }
      const { pki } = site
      controllers = new ReferenceControllers({ handler, dial, clock, random, log, pki, timers, plants, infrastructure })
      stack.use(controllers) // stops first: it is to see no end of a cluster that only ends with this process
    }
    await Promise.all([site.startProvider(handler, timers.reconcileGate), controllers?.start()])
    return new EmbeddedWorld({ options, site, management, access, stack: stack.move() })
  }

  private constructor(parts: Parts) {
    this.#parts = parts
    this.site = parts.site
    this.management = parts.management
    this.access = parts.access
  }

  /** A client that no fault touches: observers and scenarios. */
  insideClient(userAgent: string): Client {
    const { clock } = this.#parts.options
    return new Client({ handler: this.management.handler, clock, userAgent, peer: insider })
  }

  insideWorkloadClient(cluster: string, userAgent: string): Client | undefined {
    const { clock } = this.#parts.options
    const handler = this.site.dataCenter.cluster(cluster)?.server.handler
    return handler === undefined ? undefined : new Client({ handler, clock, userAgent, peer: insider })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.site.engine.healAll('abort')
    await this.#parts.stack.disposeAsync()
  }
}
