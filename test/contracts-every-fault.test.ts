import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { certificateRequest, testServer } from '../src/apiserver/testing.ts'
import { faultCatalogue } from '../src/faults/catalogue.ts'
import { incident, testEngine } from '../src/faults/testing.ts'
import { SimulatedListener, simulatedClient } from '../src/faults/simulated-network.ts'
import { Client } from '../src/kube/client.ts'
import { apiVersionOf, resourceId } from '../src/kube/object.ts'
import { invariantCatalogue } from '../src/soak/invariants/catalogue.ts'
import { scenarioCatalogue } from '../src/soak/scenarios/catalogue.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'

const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }

describe.each(faultCatalogue.map((kind) => [kind.kind, kind] as const))('fault %s', (_name, kind) => {
  it('accepts its own example and refuses unknown parameters', () => {
    expect(kind.schema.safeParse(kind.example).success).toBe(true)
    expect(kind.schema.safeParse({ ...kind.example, nonsense: 1 }).success).toBe(false)
  })

  it('heals by disposal: traffic passes again, and nothing stays armed or open', async () => {
    const { server, clock } = testServer()
    const { engine, journal } = testEngine(clock)
    const listener = new SimulatedListener(engine, 'c', engine.around('c', server.handler))
    const remote = simulatedClient(engine, 'c', () => listener)
    const client = new Client({
      handler: remote.handler,
      clock,
      userAgent: 'test',
      peer: { certificate: { user: 'a', groups: ['system:masters'] } },
    })
    const leave = new AbortController()
    const stream = client.watch(nodes, { sendInitialEvents: true }, leave.signal)
    await clock.advance(1)
    engine.arm(incident(kind.kind, kind.example))
    const during = client.list(nodes).then(
      () => 'answered',
      (error: Error) => error.name,
    )
    await clock.advance(20_000)
    engine.heal(`${kind.kind} 1`, 'scheduled')
    await clock.advance(20_000)
    await during
    const after = client.list(nodes)
    await clock.advance(1)
    await expect(after).resolves.toBeDefined()
    leave.abort()
    await stream.then(
      (open) => open.close(),
      () => {},
    )
    remote.close()
    await clock.advance(1)
    expect(engine.active).toEqual([])
    expect(engine.streamCount).toBe(0)
    expect(server.watchCount).toBe(0)
    expect(journal.entries.map(({ event }) => event.type)).toContain('fault.healed')
  })

  it('heals by itself when nobody renews its lease', async () => {
    const { clock } = testServer()
    const { engine, journal } = testEngine(clock)
    engine.arm(incident(kind.kind, kind.example, { lease: 15_000 }))
    await clock.advance(10_000)
    engine.renew(`${kind.kind} 1`)
    await clock.advance(14_000)
    expect(engine.active.length).toBe(1)
    await clock.advance(1_001)
    expect(engine.active).toEqual([])
    expect(journal.entries.at(-1)?.event).toMatchObject({ type: 'fault.healed', reason: 'lease-expired' })
  })
})

/** Kinds that don't accept an empty object. */
const containers = [{ name: 'c', image: 'i' }]
const workload = {
  name: 'x',
  spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } } },
}
const binding = { name: 'x', roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } }
const jobSpec = { template: { spec: { restartPolicy: 'Never', containers } } }
const storage = { storage: '1Gi' }
const admissionRule = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['secrets'] }
/** Events of both groups. */
const eventOf = (about: 'involvedObject' | 'regarding'): { name: string } & Record<string, unknown> => ({
  name: 'x',
  [about]: { kind: 'Node', name: 'n' },
  ...(about === 'involvedObject'
    ? {}
    : {
        eventTime: '2026-01-01T00:00:00.000000Z',
        type: 'Normal',
        reason: 'r',
        action: 'a',
        reportingController: 'c',
        reportingInstance: 'i',
      }),
})
const samples: Readonly<Record<string, { name: string } & Record<string, unknown>>> = {
  Pod: { name: 'x', spec: { containers } },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  Service: { name: 'x', spec: { ports: [{ port: 80 }] } },
  Deployment: workload,
  DaemonSet: workload,
  ReplicaSet: workload,
  ReplicationController: { name: 'rc', spec: { template: workload.spec.template } },
  CSIStorageCapacity: { name: 'capacity', storageClassName: 'fast' },
  StatefulSet: workload,
  ResourceSlice: {
    name: 'x',
    spec: { driver: 'd.example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n' },
  },
  'v1 Event': eventOf('involvedObject'),
  'events.k8s.io/v1 Event': eventOf('regarding'),
  Job: { name: 'x', spec: jobSpec },
  CronJob: { name: 'x', spec: { schedule: '* * * * *', jobTemplate: { spec: jobSpec } } },
  PersistentVolume: {
    name: 'x',
    spec: { capacity: storage, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
  },
  PersistentVolumeClaim: { name: 'x', spec: { accessModes: ['ReadWriteOnce'], resources: { requests: storage } } },
  StorageClass: { name: 'x', provisioner: 'x.dev/y' },
  VolumeAttributesClass: { name: 'x', driverName: 'x.dev', parameters: { a: 'b' } },
  Ingress: { name: 'x', spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
  IngressClass: { name: 'x', spec: { controller: 'x.dev/y' } },
  RuntimeClass: { name: 'x', handler: 'runc' },
  PodTemplate: { name: 'x', template: workload.spec.template },
  ValidatingAdmissionPolicy: {
    name: 'x',
    spec: { matchConstraints: { resourceRules: [admissionRule] }, validations: [{ expression: 'true' }] },
  },
  FlowSchema: {
    name: 'x',
    spec: {
      priorityLevelConfiguration: { name: 'catch-all' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'u' } }],
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/x'] }],
        },
      ],
    },
  },
  PriorityLevelConfiguration: { name: 'x', spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
  IPAddress: { name: '10.1.1.1', spec: { parentRef: { resource: 'services', name: 's' } } },
  ServiceCIDR: { name: 'x', spec: { cidrs: ['10.1.1.0/24'] } },
  HorizontalPodAutoscaler: {
    name: 'x',
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 2 },
  },
  ValidatingAdmissionPolicyBinding: { name: 'x', spec: { policyName: 'x', validationActions: ['Warn'] } },
  VolumeAttachment: {
    name: 'x',
    spec: { attacher: 'x.dev', nodeName: 'n', source: { persistentVolumeName: 'x' } },
  },
  CertificateSigningRequest: {
    name: 'x',
    spec: { request: certificateRequest, signerName: 'x.dev/y', usages: ['client auth'] },
  },
  EndpointSlice: { name: 'x', addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }] },
  ControllerRevision: { name: 'x', data: { a: 1 }, revision: 1 },
  APIService: {
    name: 'v1.x.dev',
    spec: { group: 'x.dev', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
  },
  CustomResourceDefinition: {
    name: 'gadgets.example.dev',
    spec: {
      group: 'example.dev',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
}

describe('catalogues', () => {
  const files = (folder: string, not: readonly string[]): string[] =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !not.includes(name))
      .sort()

  it.each([
    ['src/faults/kinds', faultCatalogue.length, [] as string[]],
    ['src/soak/invariants', invariantCatalogue.length, ['catalogue.ts', 'invariant.ts']],
    ['src/soak/scenarios', scenarioCatalogue.length, ['catalogue.ts', 'scenario.ts']],
    ['src/apiserver/resources', new Set(builtInResources.map(resourceId)).size, ['catalogue.ts']],
  ])('%s lists every file of its folder', (folder, listed, not) => {
    expect(listed, `a file of ${folder} is missing from its catalogue.ts`).toBe(files(folder, not).length)
  })

  it('give every invariant the file name that is its id', () => {
    for (const { id } of invariantCatalogue) expect(files('src/soak/invariants', [])).toContain(`${id}.ts`)
  })

  it.each(
    builtInResources
      .filter(({ review, order }) => review === undefined && order === undefined)
      .map((definition) => [definition.kind, definition] as const),
  )('serve %s: create, list, watch, patch, table, delete', async (_kind, definition) => {
    const { call, clock } = testServer()
    const root = `${definition.group === '' ? '/api/v1' : `/apis/${definition.group}/${definition.version}`}${definition.namespaced ? '/namespaces/default' : ''}/${definition.resource}`
    const { name, ...rest } = samples[definition.kind] ??
      samples[`${apiVersionOf(definition)} ${definition.kind}`] ?? { name: 'x' }
    expect((await call('POST', root, { body: { metadata: { name }, ...rest } })).status).toBe(201)
    expect(
      ((await call('GET', root)).body['items'] as { metadata: { name: string } }[]).map(
        ({ metadata }) => metadata.name,
      ),
    ).toContain(name)
    expect(
      (
        await call('PATCH', `${root}/${name}`, {
          body: { metadata: { labels: { a: 'b' } } },
          headers: { 'content-type': 'application/merge-patch+json' },
        })
      ).body,
    ).toMatchObject({ metadata: { labels: { a: 'b' } } })
    expect(
      (await call('GET', root, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } })).body,
    ).toMatchObject({ kind: 'Table' })
    expect((await call('DELETE', `${root}/${name}`)).status).toBe(200)
    await clock.advance(1)
    expect((await call('GET', `${root}/${name}`)).status).toBe(404)
  })
})
