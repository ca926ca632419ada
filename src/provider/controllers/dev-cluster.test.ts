import { expect, it } from 'vitest'
import { ResourceRegistry } from '../../apiserver/registry.ts'
import { builtInResources } from '../../apiserver/resources/catalogue.ts'
import { ApiServer } from '../../apiserver/server.ts'
import { secrets } from '../../apiserver/resources/secrets.ts'
import { silentLog } from '../../base/log.ts'
import { keyedRandom } from '../../base/random.ts'
import { SimClock } from '../../base/sim-clock.ts'
import { Client } from '../../kube/client.ts'
import { placeholderPki } from '../../kube/pki.ts'
import type { ClusterSpec } from '../data-center.ts'
import { devClusters, type DevCluster } from '../kinds/dev-cluster.ts'
import { devClusterReconciler, type DevClusterOptions } from './dev-cluster.ts'

const finalizers = ['dockercluster.infrastructure.cluster.x-k8s.io']
const ownerReferences = [{ apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'c', uid: 'u' }]

function setUp(overrides: Partial<DevClusterOptions> = {}): {
  store: ApiServer['store']
  cached: () => DevCluster | undefined
  reconcile: () => Promise<void>
  create: (spec: object) => void
} {
  const clock = new SimClock()
  const { store, handler } = new ApiServer({
    name: 'management',
    clock,
    random: keyedRandom(1),
    registry: new ResourceRegistry([...builtInResources, devClusters]),
    defer: queueMicrotask,
    trusted: true,
  })
  const cached = (): DevCluster | undefined => store.get(devClusters, 'default/c')?.value as DevCluster | undefined
  const reconcile = devClusterReconciler({
    client: new Client({ handler, clock, userAgent: 'test' }),
    clock,
    log: silentLog,
    pki: placeholderPki,
    dataCenter: { ensureCluster: () => undefined } as unknown as DevClusterOptions['dataCenter'],
    endpoints: {
      reserve: async () => ({ host: '127.0.0.1', port: 20_000 }),
    } as unknown as DevClusterOptions['endpoints'],
    devClusters: { get: cached } as unknown as DevClusterOptions['devClusters'],
    clusters: {
      get: () => ({ metadata: { name: 'c', namespace: 'default' } }),
    } as unknown as DevClusterOptions['clusters'],
    ...overrides,
  })
  const create = (spec: object): void =>
    void store.create(devClusters, {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
      kind: 'DevCluster',
      metadata: { name: 'c', namespace: 'default', finalizers, ownerReferences },
      spec,
    })
  return { store, cached, create, reconcile: () => reconcile('default/c') }
}

it('shows the failure domains of a cluster where the control plane looks for them, and takes them back', async () => {
  const { store, cached, reconcile, create } = setUp()
  const failureDomains = [{ name: 'a', controlPlane: true }, { name: 'b' }]
  const spec = { controlPlaneEndpoint: { host: '127.0.0.1', port: 20_000 }, backend: { inMemory: { failureDomains } } }
  create(spec)
  await reconcile()
  expect(cached()?.status).toMatchObject({ initialization: { provisioned: true }, failureDomains })
  const { revision } = store
  await reconcile()
  expect(store.revision).toBe(revision) // nothing to say anew
  store.update(devClusters, { ...(cached() as DevCluster), spec: { ...spec, backend: { inMemory: {} } } })
  await reconcile()
  expect(cached()?.status?.failureDomains).toBeUndefined()
})

it('answers at the endpoint that a cluster was given under another host, and says that it stays', async () => {
  const warnings: unknown[] = []
  const names: unknown[] = []
  const registered: ClusterSpec[] = []
  const { store, cached, reconcile, create } = setUp({
    log: { ...silentLog, warn: (context: unknown) => warnings.push(context) } as unknown as DevClusterOptions['log'],
    pki: {
      ...placeholderPki,
      issueServer: async (_authority, name, given) => (names.push(given), { cert: name, key: '' }),
    },
    dataCenter: {
      ensureCluster: (options: ClusterSpec) => registered.push(options),
    } as unknown as DevClusterOptions['dataCenter'],
  })
  store.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c-ca', namespace: 'default' } })
  create({ controlPlaneEndpoint: { host: 'old.example', port: 20_000 } })
  await reconcile()
  await reconcile()
  expect(warnings).toEqual([{ cluster: 'default/c', endpoint: 'old.example', host: '127.0.0.1' }])
  expect(cached()?.spec?.controlPlaneEndpoint).toEqual({ host: 'old.example', port: 20_000 })
  await registered[0]?.identity()
  expect(names).toEqual([
    { dns: ['localhost', 'kubernetes', 'kubernetes.default', 'old.example'], ips: ['127.0.0.1', '::1'] },
  ])
})
