/** `capstorm up --real` and what belongs to it, as far as they go without released managers. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RealClock } from '../src/base/clock.ts'
import { Client } from '../src/kube/client.ts'
import type { KubeObject } from '../src/kube/object.ts'
import { readKubeconfig } from '../src/kube/kubeconfig.ts'
import { networkHandler } from '../src/kube/network.ts'
import { clusterKind, devClusterKind } from '../src/soak/kinds.ts'
import { run, start, temporary } from './cli.ts'

const directory = temporary()
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const crds = join(directory, 'crds')
mkdirSync(crds)
for (const [plural, kind] of [
  ['clusters', 'Cluster'],
  ['machines', 'Machine'],
] as const)
  writeFileSync(
    join(crds, `${plural}.yaml`),
    `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.cluster.x-k8s.io}
spec:
  group: cluster.x-k8s.io
  scope: Namespaced
  names: {plural: ${plural}, kind: ${kind}}
  versions:
    - name: v1beta2
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`,
  )
const webhooks = join(directory, 'manifests.yaml')
writeFileSync(
  webhooks,
  `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: validating-webhook-configuration}
webhooks:
  - name: validation.machine.cluster.x-k8s.io
    clientConfig: {service: {name: webhook-service, namespace: system, path: /validate}}
    admissionReviewVersions: [v1]
    sideEffects: None
    rules: [{apiGroups: [cluster.x-k8s.io], apiVersions: [v1beta2], operations: [CREATE], resources: [machines]}]
`,
)
const up = join(directory, 'up')
const args = ['up', '--real', '--dir', up, '--crds', crds, '--webhooks', `${webhooks}=29443`]

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const clock = new RealClock()
  const facts = readKubeconfig(readFileSync(join(up, 'management.kubeconfig'), 'utf8'))
  await using network = networkHandler({ ...facts, clock })
  return await use(new Client({ handler: network.handler, clock, userAgent: 'test' }))
}

const cluster = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Cluster',
  metadata: { name: 'c', namespace: 'default' },
}
const devCluster = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
  kind: 'DevCluster',
  metadata: { name: 'c', namespace: 'default' },
}

describe('up --real', () => {
  it('serves definitions, webhooks and the provider; goes on after SIGKILL with the same address and authority', async () => {
    const first = start(args)
    await first.until('ready: ', 30_000)
    expect(first.said()).toContain('--webhook-port=29443')
    expect(first.said()).toContain('--health-addr=127.0.0.1:30443')
    for (const file of ['management.kubeconfig', 'control.json', 'webhook-certs/tls.key'])
      expect(statSync(join(up, file)).mode & 0o777).toBe(0o600)
    const kubeconfig = readFileSync(join(up, 'management.kubeconfig'), 'utf8')
    const certificate = readFileSync(join(up, 'webhook-certs/tls.crt'), 'utf8')
    const { uid = '' } = await withClient(async (client) => {
      const made = await client.create<KubeObject>(clusterKind, cluster)
      // Our own webhook gives it the backend that there is, and refuses one that there is not.
      const infra = await client.create(devClusterKind, { ...devCluster, spec: {} } as typeof devCluster)
      expect(infra).toMatchObject({ spec: { backend: { inMemory: {} } } })
      const docker = { ...devCluster, metadata: { name: 'd', namespace: 'default' }, spec: { backend: { docker: {} } } }
      await expect(client.create(devClusterKind, docker)).rejects.toThrow('inMemory')
      // Nobody serves the manager's.
      const machine = { ...cluster, kind: 'Machine' }
      await expect(client.create({ ...clusterKind, resource: 'machines', kind: 'Machine' }, machine)).rejects.toThrow(
        'failed calling webhook "validation.machine.cluster.x-k8s.io"',
      )
      return made.metadata
    })
    const listed = await run('fault', 'ls', '--control', join(up, 'control.json'))
    expect(listed).toMatchObject({ code: 0, stdout: 'no fault is armed\n' })
    const doctor = await run('doctor', '--kubeconfig', join(up, 'management.kubeconfig'))
    expect(doctor.code).toBe(1)
    expect(doctor.stdout).toContain('✗ webhook validation.machine.cluster.x-k8s.io')
    first.child.kill('SIGKILL')
    await first.finished

    const second = start(args)
    await second.until('ready: ', 30_000)
    expect(readFileSync(join(up, 'management.kubeconfig'), 'utf8')).toBe(kubeconfig)
    expect(readFileSync(join(up, 'webhook-certs/tls.crt'), 'utf8')).toBe(certificate)
    expect((await withClient((client) => client.get(clusterKind, 'default', 'c'))).metadata.uid).toBe(uid)
    second.child.kill('SIGINT')
    expect((await second.finished).code).toBe(0)
  }, 120_000)

  it.each([
    [['up', '--real'], '--real needs --crds DIR'],
    [['up', '--crds', crds], '--crds and --webhooks belong to --real'],
    [['up', '--real', '--crds', join(directory, 'none')], 'cannot be read: there is no such file or folder'],
    [['up', '--real', '--crds', 'deploy/crds'], 'clusters.cluster.x-k8s.io is not defined there'],
    [['up', '--real', '--crds', crds, '--webhooks', webhooks], 'is not FILE=PORT'],
    [['soak', '--kubeconfig', 'k'], '--kubeconfig and --control go together'],
    [['soak', '--cleanup'], '--cleanup needs --kubeconfig and --control'],
    [['soak', '--kubeconfig', 'k', '--control', 'c', '--profile', 'quickstart'], 'which only our own controllers take'],
    [['fault', 'ls', '--control', join(directory, 'none.json')], 'there is no such file'],
    [['fault', 'add', 'latncy: {delay: 1s}', '--for', '1m', '--control', 'x'], 'did you mean "latency"?'],
    [['doctor', '--kubeconfig', join(directory, 'none')], 'the kubeconfig cannot be read'],
    [['provider', '--kubeconfig', join(directory, 'none')], 'the kubeconfig cannot be read'],
    [['provider'], 'there is no --kubeconfig'],
  ])('%s ends with 64 and one line', async (given, line) => {
    const { code, stdout, stderr } = await run(...given)
    expect(stderr).toContain(line)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr.trim().split('\n').length).toBe(1)
  })
})
