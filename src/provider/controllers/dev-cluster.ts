/** Fulfils the InfraCluster contract for DevCluster. Source: cluster-api test/infrastructure/docker, in-memory backend. */
import { isIP } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { rfc3339 } from '../../base/clock.ts'
import type { Client, KindRef } from '../../kube/client.ts'
import type { Informer } from '../../kube/informer.ts'
import { deepEqual, splitKey, type KubeObject } from '../../kube/object.ts'
import { isNotFound } from '../../kube/status.ts'
import type { Pki, KeyPair } from '../../kube/pki.ts'
import type { DataCenter } from '../data-center.ts'
import type { EndpointPublisher, ServingIdentity } from '../endpoints.ts'
import { grpcIdentity, type GrpcIdentity } from '../etcd/grpc.ts'
import { devClusters, type DevCluster } from '../kinds/dev-cluster.ts'
import { isPaused, pausedCondition, type OwnerCluster } from './contract.ts'
import { withConditions } from '../../kube/conditions.ts'

/** Cluster API's Dev* kinds re-use the Docker provider's finalizers. */
const finalizer = 'dockercluster.infrastructure.cluster.x-k8s.io'
const listenerAnnotation = 'inmemorycluster.infrastructure.cluster.x-k8s.io/listener'
const managedBy = 'cluster.x-k8s.io/managed-by'

const secrets: KindRef = { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true }

export interface DevClusterOptions {
  readonly client: Client
  readonly clock: Clock
  readonly pki: Pki
  readonly log: Log
  readonly dataCenter: DataCenter
  readonly endpoints: EndpointPublisher
  readonly devClusters: Informer<DevCluster>
  readonly clusters: Informer<OwnerCluster>
}

export function devClusterReconciler(options: DevClusterOptions): (key: string) => Promise<void> {
  const { client, clock, dataCenter, endpoints } = options
  const warned = new Set<string>()
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const devCluster = options.devClusters.get(namespace, name)
    if (devCluster === undefined || devCluster.metadata.annotations?.[managedBy] !== undefined) return
    const owner = devCluster.metadata.ownerReferences?.find((reference) => reference.kind === 'Cluster')
    if (owner === undefined) return
    const cluster = options.clusters.get(namespace, owner.name)
    if (devCluster.metadata.deletionTimestamp !== undefined) {
      await dataCenter.deleteCluster(`${namespace}/${owner.name}`)
      warned.delete(`${namespace}/${owner.name}`)
      const finalizers = devCluster.metadata.finalizers?.filter((each) => each !== finalizer)
      await client.patch(devClusters, namespace, name, { metadata: { finalizers } })
      return
    }
    if (cluster === undefined) return
    if (devCluster.metadata.finalizers?.includes(finalizer) !== true) {
      await client.patch(devClusters, namespace, name, {
        metadata: {
          finalizers: [...(devCluster.metadata.finalizers ?? []), finalizer],
          resourceVersion: devCluster.metadata.resourceVersion,
        },
      })
      return
    }
    const now = rfc3339(clock.wallMs())
    const paused = isPaused(cluster, devCluster)
    const conditions = withConditions(
      devCluster.status?.conditions,
      [pausedCondition(paused)],
      now,
      devCluster.metadata.generation,
    )
    if (paused) {
      if (conditions !== devCluster.status?.conditions)
        await client.patch(devClusters, namespace, name, { status: { conditions } }, 'status')
      return
    }
    const id = `${namespace}/${owner.name}`
    const published = devCluster.spec?.controlPlaneEndpoint?.host ?? ''
    dataCenter.ensureCluster({
      namespace,
      name: owner.name,
      labels: cluster.metadata.labels ?? {},
      identity: async () => {
        const { host } = await endpoints.reserve(id)
        return identity(options, namespace, owner.name, published === '' ? [host] : [host, published])
      },
      etcdIdentity: (node) => etcdIdentity(options, namespace, owner.name, node),
    })
    const { host, port } = await endpoints.reserve(id, devCluster.spec?.controlPlaneEndpoint?.port)
    if (published !== '' && published !== host && !warned.has(id)) {
      warned.add(id)
      options.log.warn(
        { cluster: id, endpoint: published, host },
        'the endpoint of a cluster stays what it was: its clients go on asking there',
      )
    }
    if (published === '') {
      await client.patch(devClusters, namespace, name, {
        metadata: { annotations: { [listenerAnnotation]: id } },
        spec: { controlPlaneEndpoint: { host, port } },
      })
    }
    const failureDomains = devCluster.spec?.backend?.inMemory?.failureDomains
    const { status } = devCluster
    if (
      status?.initialization?.provisioned !== true ||
      conditions !== status.conditions ||
      !deepEqual(failureDomains, status.failureDomains)
    ) {
      await client.patch(
        devClusters,
        namespace,
        name,
        { status: { initialization: { provisioned: true }, conditions, failureDomains: failureDomains ?? null } },
        'status',
      )
    }
  }
}

/**
 * The serving certificate is signed by the cluster's CA, which the control plane provider keeps in a Secret. An endpoint
 * never changes: it stands for the host that the provider had then, too.
 */
async function identity(
  options: DevClusterOptions,
  namespace: string,
  cluster: string,
  hosts: readonly string[],
): Promise<ServingIdentity> {
  const authority = await authorityOf(options, namespace, `${cluster}-ca`)
  const names = hosts.filter((host) => isIP(host) === 0)
  const serving = await options.pki.issueServer(authority, 'kube-apiserver', {
    dns: [...new Set(['localhost', 'kubernetes', 'kubernetes.default', ...names])],
    ips: [...new Set(['127.0.0.1', '::1', ...hosts.filter((host) => isIP(host) !== 0)])],
  })
  return { serving, clientCa: authority.cert }
}

/** etcd has an authority of its own; its clients show a certificate of it. */
async function etcdIdentity(
  options: DevClusterOptions,
  namespace: string,
  cluster: string,
  node: string,
): Promise<GrpcIdentity> {
  const authority = await authorityOf(options, namespace, `${cluster}-etcd`)
  const names = { dns: ['localhost', node, `etcd-${node}`], ips: ['127.0.0.1', '::1'] }
  return grpcIdentity(await options.pki.issueServer(authority, `etcd-${node}`, names), authority.cert)
}

async function authorityOf({ client }: DevClusterOptions, namespace: string, name: string): Promise<KeyPair> {
  const secret = await client
    .get<KubeObject & { data?: Record<string, string> }>(secrets, namespace, name)
    .catch((error: unknown) => {
      if (isNotFound(error)) throw new Error(`the Secret ${namespace}/${name} with a CA is missing`, { cause: error })
      throw error
    })
  const decode = (field: string): string => Buffer.from(secret.data?.[field] ?? '', 'base64').toString('utf8')
  return { cert: decode('tls.crt'), key: decode('tls.key') }
}
