import { expect, it } from 'vitest'
import { ResourceRegistry } from '../../apiserver/registry.ts'
import { builtInResources } from '../../apiserver/resources/catalogue.ts'
import { ApiServer } from '../../apiserver/server.ts'
import { keyedRandom } from '../../base/random.ts'
import { SimClock } from '../../base/sim-clock.ts'
import { Client } from '../../kube/client.ts'
import { placeholderPki } from '../../kube/pki.ts'
import { devClusters, type DevCluster } from '../kinds/dev-cluster.ts'
import { devClusterReconciler, type DevClusterOptions } from './dev-cluster.ts'

const finalizers = ['dockercluster.infrastructure.cluster.x-k8s.io']
const ownerReferences = [{ apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'c', uid: 'u' }]

it('shows the failure domains of a cluster where the control plane looks for them, and takes them back', async () => {
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
    pki: placeholderPki,
    dataCenter: { ensureCluster: () => undefined } as unknown as DevClusterOptions['dataCenter'],
    endpoints: {
      reserve: async () => ({ host: '127.0.0.1', port: 20_000 }),
    } as unknown as DevClusterOptions['endpoints'],
    devClusters: { get: cached } as unknown as DevClusterOptions['devClusters'],
    clusters: {
      get: () => ({ metadata: { name: 'c', namespace: 'default' } }),
    } as unknown as DevClusterOptions['clusters'],
  })
  const failureDomains = [{ name: 'a', controlPlane: true }, { name: 'b' }]
  const spec = { controlPlaneEndpoint: { host: '127.0.0.1', port: 20_000 }, backend: { inMemory: { failureDomains } } }
  store.create(devClusters, {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
    kind: 'DevCluster',
    metadata: { name: 'c', namespace: 'default', finalizers, ownerReferences },
    spec,
  })
  await reconcile('default/c')
  expect(cached()?.status).toMatchObject({ initialization: { provisioned: true }, failureDomains })
  const { revision } = store
  await reconcile('default/c')
  expect(store.revision).toBe(revision) // nothing to say anew
  store.update(devClusters, { ...(cached() as DevCluster), spec: { ...spec, backend: { inMemory: {} } } })
  await reconcile('default/c')
  expect(cached()?.status?.failureDomains).toBeUndefined()
})
