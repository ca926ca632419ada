/**
 * Server-side apply on the largest published definition, KubeadmControlPlane, with and without a change, and what
 * defaults and validation alone take: through the handler, bytes in and bytes out. The definitions are the user's:
 * `npm run bench -- apply --crds DIR`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { customResourceDefinitions } from '../src/apiserver/resources/customresourcedefinitions.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import type { KubeObject } from '../src/apiserver/types.ts'
import { RealClock } from '../src/base/clock.ts'
import { keyedRandom } from '../src/base/random.ts'
import { parseRequest } from '../src/kube/request.ts'

const collection = '/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/default/kubeadmcontrolplanes'

const config = (version: string, certificates: number): string =>
  JSON.stringify({
    apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2',
    kind: 'KubeadmControlPlane',
    metadata: { name: 'kcp', namespace: 'default', labels: { 'cluster.x-k8s.io/cluster-name': 'c' } },
    spec: {
      replicas: 3,
      version,
      machineTemplate: {
        spec: {
          infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'DevMachineTemplate', name: 't' },
        },
      },
      kubeadmConfigSpec: {
        clusterConfiguration: {
          apiServer: {
            certSANs: Array.from({ length: certificates }, (_, i) => `host-${i}.example.dev`),
            extraArgs: Array.from({ length: 20 }, (_, i) => ({ name: `flag-${i}`, value: `value-${i}` })),
          },
        },
        initConfiguration: {
          nodeRegistration: { kubeletExtraArgs: [{ name: 'eviction-hard', value: 'nodefs.available<0%' }] },
        },
        joinConfiguration: {
          nodeRegistration: { kubeletExtraArgs: [{ name: 'eviction-hard', value: 'nodefs.available<0%' }] },
        },
        files: Array.from({ length: 10 }, (_, i) => ({ path: `/etc/file-${i}`, content: 'text', owner: 'root:root' })),
      },
    },
  })

export async function applies(crds: string): Promise<{ changed: number; unchanged: number; validated: number }> {
  const server = new ApiServer({
    name: 'apply',
    clock: new RealClock(),
    random: keyedRandom(1),
    registry: new ResourceRegistry(builtInResources),
    defer: (flush) => void setImmediate(flush),
  })
  for (const file of readdirSync(crds)) {
    const crd = parse(readFileSync(join(crds, file), 'utf8')) as KubeObject
    server.store.create(customResourceDefinitions, customResourceDefinitions.defaults?.(crd) as KubeObject)
  }
  server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const send = async (method: string, url: string, type: string, text: string): Promise<void> => {
    const reply = await server.handler({
      request: parseRequest(method, url),
      headers: { 'content-type': type, accept: 'application/json' },
      body: { read: async () => Buffer.from(text) },
      peer: { certificate: { user: 'bench', groups: ['system:masters'] } },
      signal: new AbortController().signal,
    })
    if (reply.status > 201 || reply.body.kind !== 'value') throw new Error(`the ${method} was answered ${reply.status}`)
    reply.body.value.bytes()
  }
  const apply = (text: string): Promise<void> =>
    send('PATCH', `${collection}/kcp?fieldManager=bench&force=true`, 'application/apply-patch+yaml', text)
  const validate = (text: string): Promise<void> => send('POST', `${collection}?dryRun=All`, 'application/json', text)
  const rate = async (configs: readonly string[], each = apply): Promise<number> => {
    let count = 0
    const started = performance.now()
    for (; performance.now() - started < 2_000; count++) await each(configs[count % configs.length] as string)
    return count / ((performance.now() - started) / 1_000)
  }
  const validated = await rate([config('v1.35.0', 3)], validate)
  await apply(config('v1.35.0', 3))
  return {
    validated,
    unchanged: await rate([config('v1.35.0', 3)]),
    changed: await rate([config('v1.35.1', 4), config('v1.35.0', 3)]),
  }
}
