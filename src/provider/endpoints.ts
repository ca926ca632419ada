/** How a workload cluster gets an address that clients can reach; the proxy implements it, the provider only asks. */
import type { Duplex } from 'node:stream'
import type { Handler } from '../kube/handler.ts'
import type { KeyPair } from '../kube/pki.ts'

export interface ServingIdentity {
  readonly serving: KeyPair
  /** PEM; client certificates are verified against it. */
  readonly clientCa: string
}

export interface EndpointPublisher {
  /** Sets a port aside for the cluster; the same one again if it has one. */
  reserve(cluster: string, wanted?: number): Promise<{ readonly host: string; readonly port: number }>
  /** Begins to listen on the cluster's port. */
  open(cluster: string, handler: Handler, identity: ServingIdentity): Promise<void>
  /** A connection to the cluster's address that starts inside it: a forwarded port. */
  attach(cluster: string, stream: Duplex): void
  /** Stops listening; every connection ends. */
  close(cluster: string): Promise<void>
  /** Gives the port back; the cluster is gone. */
  release(cluster: string): Promise<void>
}
