import { describe, expect, it } from 'vitest'
import { RealClock } from '../../base/clock.ts'
import { keyedRandom } from '../../base/random.ts'
import { ResourceRegistry } from '../../apiserver/registry.ts'
import { builtInResources } from '../../apiserver/resources/catalogue.ts'
import { configMaps } from '../../apiserver/resources/configmaps.ts'
import { customResourceDefinitions } from '../../apiserver/resources/customresourcedefinitions.ts'
import { ApiServer } from '../../apiserver/server.ts'
import { Client } from '../../kube/client.ts'
import { clusterApiResources } from '../../management/kinds/catalogue.ts'
import { providerResources } from '../../provider/provider.ts'
import { devClusterKind, devMachineTemplateKind, machineHealthCheckKind } from '../../soak/kinds.ts'
import { ownDefinitions } from '../deploy-files.ts'
import { checks } from './checks.ts'
import type { Finding } from './check.ts'

const metadata = (name: string): { name: string; namespace: string } => ({ name, namespace: 'default' })

async function world(
  controllerManager = true,
): Promise<{ client: Client; look: (reachable?: number[]) => Promise<Finding[]> }> {
  const clock = new RealClock()
  const server = new ApiServer({
    name: 'doctor',
    clock,
    random: keyedRandom(1),
    registry: new ResourceRegistry([...builtInResources, ...clusterApiResources, ...providerResources]),
    defer: queueMicrotask,
    trusted: true,
    controllerManager,
  })
  const hasty = Object.assign(new RealClock(), { after: (_ms: number, run: () => void) => clock.after(0, run) })
  const client = new Client({ handler: server.handler, clock, userAgent: 'test' })
  await client.create(
    { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', namespaced: false },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'default' },
    },
  )
  return {
    client,
    async look(reachable = []) {
      const findings: Finding[] = []
      for (const check of checks)
        findings.push(
          ...(await check({ client, clock: hasty, reaches: async (_host, port) => reachable.includes(port) })),
        )
      return findings
    },
  }
}

const text = (findings: readonly Finding[]): string => findings.map(({ level, what }) => `${level}: ${what}`).join('\n')

describe('doctor', () => {
  it('names kinds that are not served, and those without a contract label', async () => {
    const { client, look } = await world()
    const before = text(await look())
    expect(before).toContain('ok: the management cluster is v1.35.0+capstorm')
    expect(before).toContain('wrong: devmachines.infrastructure.cluster.x-k8s.io is not served')
    for (const crd of ownDefinitions()) {
      const { labels: _, ...rest } = crd.metadata
      const bare = crd.spec.names.kind === 'DevMachine' ? { ...crd, metadata: rest } : crd
      await client.create(customResourceDefinitions, bare)
    }
    const after = text(await look())
    expect(after).toContain('wrong: devmachines.infrastructure.cluster.x-k8s.io has no contract label')
    expect(after).not.toContain('devclusters.infrastructure')
  })

  it('names webhooks and workload clusters that nobody answers for', async () => {
    const { client, look } = await world()
    await client.create(
      {
        group: 'admissionregistration.k8s.io',
        version: 'v1',
        resource: 'validatingwebhookconfigurations',
        kind: 'ValidatingWebhookConfiguration',
        namespaced: false,
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'core' },
        webhooks: [
          {
            name: 'a.example.com',
            clientConfig: { url: 'https://127.0.0.1:9443/a' },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      } as never,
    )
    await client.create(devClusterKind, {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
      kind: 'DevCluster',
      metadata: metadata('c'),
      spec: { controlPlaneEndpoint: { host: '127.0.0.1', port: 20_001 } },
    })
    const alone = text(await look())
    expect(alone).toContain('wrong: webhook a.example.com of core does not answer at https://127.0.0.1:9443/a')
    expect(alone).toContain('doubtful: cluster default/c is not reachable from here at 127.0.0.1:20001')
    const running = text(await look([9443, 20_001]))
    expect(running).toContain('ok: 1 webhooks answer')
    expect(running).toContain('ok: 1 workload clusters are reachable from here')
  })

  it('says whether garbage is collected, and leaves none itself', async () => {
    expect(text(await (await world()).look())).toContain('ok: garbage is collected')
    const { client, look } = await world(false)
    expect(text(await look())).toContain('wrong: no garbage collector runs')
    expect((await client.list(configMaps)).items).toEqual([])
  })

  it('names health checks that are shorter than a start', async () => {
    const { client, look } = await world()
    const provisioning = { startupDuration: '10s', startupJitter: '0.2' }
    await client.create(devMachineTemplateKind, {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
      kind: 'DevMachineTemplate',
      metadata: metadata('t'),
      spec: { template: { spec: { backend: { inMemory: { vm: { provisioning }, node: { provisioning } } } } } },
    })
    for (const [name, seconds] of [
      ['short', 40],
      ['long', 60],
    ] as const)
      await client.create(machineHealthCheckKind, {
        apiVersion: 'cluster.x-k8s.io/v1beta2',
        kind: 'MachineHealthCheck',
        metadata: metadata(name),
        spec: { clusterName: 'c', selector: {}, checks: { nodeStartupTimeoutSeconds: seconds } },
      })
    const found = text(await look())
    expect(found).toContain('MachineHealthCheck default/short gives a machine 40 s to start; it takes up to 24 s')
    expect(found).not.toContain('default/long')
  })
})
