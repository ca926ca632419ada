/** The rows that need many objects: a long list, creating, what one costs in memory. */
import { configMaps } from '../src/apiserver/resources/configmaps.ts'
import { pods } from '../src/apiserver/resources/pods.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import type { KubeObject } from '../src/apiserver/types.ts'
import type { Clock } from '../src/base/clock.ts'
import type { Random } from '../src/base/random.ts'

export function addNamespaces({ store }: ApiServer): void {
  for (const name of ['kube-system', 'default'])
    store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } })
}

export const manyPods = 10_000

/** A server with `manyPods` pods, and the memory that one of them takes: the object, its bytes once read, its event. */
export function serverOfMany({ clock, random, now }: { clock: Clock; random: Random; now: string }): {
  server: ApiServer
  bytesEach: number
} {
  const { gc } = globalThis as { gc?: () => void }
  const server = new ApiServer({
    name: 'many',
    clock,
    random,
    registry: new ResourceRegistry(builtInResources),
    defer: (flush) => void setImmediate(flush),
  })
  addNamespaces(server)
  const held = (): number => {
    gc?.()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = held()
  for (let i = 0; i < manyPods; i++) server.store.create(pods, smallPod(`node-${i}`, now)).bytes()
  const bytesEach = (held() - before) / manyPods
  return { server, bytesEach }
}

const configMap = JSON.stringify({
  apiVersion: 'v1',
  kind: configMaps.kind,
  metadata: { generateName: 'bench-' },
  data: { key: 'value' },
})

/** One more config map with each request. */
export const createRequest = `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: ${configMap.length}\r\n\r\n${configMap}`

const image = 'registry.k8s.io/kube-apiserver:v1.35.0'
const containers = [{ name: 'kube-apiserver', image }]

/** As small as a pod of a control plane can be: what the rows of lists have been about from the start. */
export function smallPod(node: string, now: string): KubeObject {
  const running = { ready: true, restartCount: 0, started: true, state: { running: { startedAt: now } } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `kube-apiserver-${node}`,
      namespace: 'kube-system',
      labels: { component: 'kube-apiserver', tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.mirror': 'static', 'kubernetes.io/config.source': 'file' },
    },
    spec: { nodeName: node, containers },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
      containerStatuses: [{ name: 'kube-apiserver', image, ...running }],
      startTime: now,
    },
  }
}
