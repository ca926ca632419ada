/** How controllers reach the management cluster and the workload clusters: over the proxy's sockets, or handler to handler. */
import type { Clock } from '../base/clock.ts'
import type { FaultEngine } from '../faults/engine.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import { SimulatedListener, simulatedClient } from '../faults/simulated-network.ts'
import type { Handler } from '../kube/handler.ts'
import { networkHandler } from '../kube/network.ts'
import type { KeyPair } from '../kube/pki.ts'
import type { Dial } from '../management/cluster-cache.ts'
import type { LedgeredPublisher } from './endpoints.ts'
import type { ManagementIdentity } from './identity.ts'

export interface ManagementAccess {
  readonly server: string
  readonly authority: KeyPair
  readonly admin: KeyPair
}

export interface Transport {
  readonly handler: Handler
  readonly access: ManagementAccess | undefined
  readonly dial: Dial
}

export function simulatedTransport(
  engine: FaultEngine,
  management: Handler,
  find: (port: number) => SimulatedListener | undefined,
): Transport {
  const listener = new SimulatedListener(engine, managementCluster, management)
  return {
    handler: simulatedClient(engine, managementCluster, () => listener).handler,
    access: undefined,
    dial(cluster, { server }) {
      const port = Number(new URL(server).port)
      return simulatedClient(engine, cluster, () => find(port))
    },
  }
}

export async function socketTransport(
  stack: AsyncDisposableStack,
  clock: Clock,
  identity: ManagementIdentity,
  publisher: LedgeredPublisher,
  management: Handler,
): Promise<Transport> {
  const { authority, serving, admin } = identity
  const { host, port } = await publisher.reserve(managementCluster)
  await publisher.open(managementCluster, management, { serving, clientCa: authority.cert })
  const server = `https://${host}:${port}`
  const network = stack.use(networkHandler({ server, ca: authority.cert, cert: admin.cert, key: admin.key, clock }))
  return {
    handler: network.handler,
    access: { server, authority, admin },
    dial(_cluster, facts) {
      const remote = networkHandler({ ...facts, clock })
      return { handler: remote.handler, close: () => void remote[Symbol.asyncDispose]() }
    },
  }
}
