import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }
const named = (rest: object): object => ({ metadata: { name: 'x' }, ...rest })
const text = (message: string | undefined): string | undefined => message?.replace(/^[A-Za-z]+ "x" is invalid: /, '')

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('nodes, volumes, quotas, data: what is refused in a new one', () => {
  it.each<[string, object, string]>([
    [
      `${here}/configmaps`,
      { data: { x: '1', '..y': '2' }, binaryData: { x: 'aGVsbG8=' } },
      '[data[..y]: Invalid value: "..y": must not start with \'..\', data[x]: Invalid value: "x": duplicate of key present in binaryData]',
    ],
    [
      `${here}/configmaps`,
      { metadata: { name: 'x', finalizers: ['foo', 'orphan', 'foregroundDeletion'] } },
      '[metadata.finalizers: Invalid value: ["foo","orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set, metadata.finalizers[0]: Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified]',
    ],
    [
      `${here}/configmaps`,
      { metadata: { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'p', uid: '1' }] } },
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"p","uid":"1"}: /v1, Kind=Event is disallowed from being an owner',
    ],
    [
      `${here}/secrets`,
      { type: 'kubernetes.io/service-account-token' },
      'metadata.annotations[kubernetes.io/service-account.name]: Required value',
    ],
    [
      `${here}/secrets`,
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{"a"' } },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
    ],
    [
      `${here}/secrets`,
      { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': 'x' } },
      'data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value',
    ],
    [
      `${here}/secrets`,
      { type: 'kubernetes.io/basic-auth' },
      '[data[username]: Required value, data[password]: Required value]',
    ],
    [
      '/api/v1/nodes',
      { spec: { podCIDRs: ['10.0.0.0/24', 'bogus'] }, status: { capacity: { pods: '1.5' } } },
      '[status.capacity.pods: Invalid value: "1500m": must be an integer, status.allocatable.pods: Invalid value: "1500m": must be an integer, spec.podCIDRs[1]: Invalid value: "bogus": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64), spec.podCIDRs: Internal error: invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[1]: <nil> (invalid CIDR address: bogus), spec.podCIDRs: Invalid value: ["10.0.0.0/24","bogus"]: may specify no more than one CIDR for each IP family]',
    ],
    [
      '/api/v1/persistentvolumes',
      { spec: { ...volume, persistentVolumeReclaimPolicy: 'Recycle', hostPath: { path: '/' } } },
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
    [
      '/api/v1/persistentvolumes',
      { spec: { ...volume, local: { path: '/x/../y' } } },
      '[spec.local.path: Invalid value: "/x/../y": must not contain \'..\', spec.nodeAffinity: Required value: Local volume requires node affinity]',
    ],
    [
      `${here}/persistentvolumeclaims`,
      {
        spec: {
          ...claimSpec,
          storageClassName: 'A',
          volumeMode: 'X',
          accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'],
        },
      },
      '[spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes, spec.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\'), spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"]',
    ],
    [
      `${here}/resourcequotas`,
      { spec: { hard: { pods: '1', storage: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
      '[spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota, spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes]',
    ],
    [
      `${here}/limitranges`,
      { spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }] } },
      '[spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1, spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1, spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]',
    ],
  ])('%s %j', async (url, body, causes) => {
    const answer = await testServer().call('POST', url, { body: named(body) })
    expect([answer.status, text(answer.body.message)]).toEqual([422, causes])
  })

  it.each([
    [
      'configmaps',
      { metadata: { name: 'x', creationTimestamp: 'yesterday' } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      'limitranges',
      { spec: { limits: [{ type: 'Pod', max: { cpu: 'lots' } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['limitranges', { spec: { limits: [{ type: 'Pod', max: { cpu: '1ki' } }] } }, "unable to parse quantity's suffix"],
  ])('%s %j is not even read', async (resource, body, problem) => {
    const answer = await testServer().call('POST', `${here}/${resource}`, { body: named(body) })
    expect(answer.status).toBe(400)
    expect(answer.body.message?.replace(/^.* cannot be handled as a [A-Za-z]+: /, '')).toBe(problem)
  })
})

describe('nodes, volumes, pods: what may not change', () => {
  const change = async (url: string, body: object, patch: object): Promise<[number, string | undefined]> => {
    const { call } = testServer()
    expect((await call('POST', url, { body: named(body) })).status).toBe(201)
    const headers = { 'content-type': 'application/strategic-merge-patch+json' }
    const answer = await call('PATCH', `${url}/x`, { body: patch, headers })
    return [answer.status, text(answer.body.message)]
  }

  it('is shown as the difference of two structs', async () => {
    expect(
      await change(
        `${here}/persistentvolumeclaims`,
        { spec: { ...claimSpec, storageClassName: 'slow' } },
        { spec: { storageClassName: 'fast' } },
      ),
    ).toEqual([
      422,
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -10,7 +10,7 @@\n   }\n  },\n  "VolumeName": "",\n- "StorageClassName": "slow",\n+ "StorageClassName": "fast",\n  "VolumeMode": "Filesystem",\n  "DataSource": null,\n  "DataSourceRef": null,\n',
    ])
    expect(
      await change(
        '/api/v1/persistentvolumes',
        { spec: { ...volume, hostPath: { path: '/x' } } },
        { spec: { hostPath: { path: '/y' } } },
      ),
    ).toEqual([
      422,
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n-  "Path": "/x",\n+  "Path": "/y",\n   "Type": ""\n  },\n  "Glusterfs": null,\n',
    ])
  })

  it('are containers of a pod, but for their images', async () => {
    const pod = { spec: { containers: [{ name: 'c', image: 'a' }], tolerations: [{ key: 'k', operator: 'Exists' }] } }
    const refused = [422, expect.stringContaining('pod updates may not change fields other than')]
    expect(await change(`${here}/pods`, pod, { spec: { containers: [{ name: 'c', image: 'b' }] } })).toEqual([
      200,
      undefined,
    ])
    expect(await change(`${here}/pods`, pod, { spec: { containers: [{ name: 'c', command: ['x'] }] } })).toEqual(
      refused,
    )
    expect(await change(`${here}/pods`, pod, { spec: { containers: [{ name: 'd', image: 'b' }] } })).toEqual([
      422,
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ])
    expect(await change(`${here}/pods`, pod, { spec: { tolerations: [] } })).toEqual([
      422,
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ])
  })

  it('is the block of addresses that a node has got', async () => {
    const node = { spec: { podCIDR: '10.0.0.0/24' } }
    const causes = 'node updates may not change podCIDR except from "" to valid'
    expect(await change('/api/v1/nodes', node, { spec: { podCIDR: '10.9.0.0/24' } })).toEqual([
      422,
      `spec.podCIDRs: Forbidden: ${causes}`,
    ])
    expect(await change('/api/v1/nodes', node, { spec: { podCIDRs: ['10.9.0.0/24'] } })).toEqual([200, undefined])
  })
})

describe('claims', () => {
  it('get the default class, and grow when it lets them', async () => {
    const { call } = testServer()
    const classes = '/apis/storage.k8s.io/v1/storageclasses'
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    await call('POST', classes, {
      body: { metadata: { name: 'std', annotations }, provisioner: 'p', allowVolumeExpansion: true },
    })
    const claims = `${here}/persistentvolumeclaims`
    const made = await call('POST', claims, { body: named({ spec: claimSpec }) })
    expect(made.body['spec']).toMatchObject({ storageClassName: 'std' })
    const patch = async (path: string, body: object): Promise<number> =>
      (await call('PATCH', `${claims}/x${path}`, { body, headers: { 'content-type': 'application/merge-patch+json' } }))
        .status
    const grown = { spec: { resources: { requests: { storage: '2Gi' } } } }
    expect(await patch('', grown)).toBe(422)
    expect(await patch('/status', { status: { phase: 'Bound', capacity: { storage: '1Gi' } } })).toBe(200)
    expect(await patch('', grown)).toBe(200)
    await call('PATCH', `${classes}/std`, {
      body: { allowVolumeExpansion: false },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(await patch('', { spec: { resources: { requests: { storage: '3Gi' } } } })).toBe(403)
  })
})

it('nodes are born with the status that they say, and their CIDRs in both places', async () => {
  const status = { capacity: { cpu: '4' }, addresses: [{ type: 'InternalIP', address: '1.2.3.4' }] }
  const { body } = await testServer().call('POST', '/api/v1/nodes', {
    body: named({ spec: { podCIDR: '10.0.0.0/24' }, status }),
  })
  expect(body).toMatchObject({ spec: { podCIDRs: ['10.0.0.0/24'] }, status: { ...status, allocatable: { cpu: '4' } } })
})

it('a dry run of a delete tells what it would leave', async () => {
  const { call } = testServer()
  await call('POST', `${here}/configmaps`, { body: named({}) })
  expect((await call('DELETE', `${here}/configmaps/x?dryRun=All`)).body).toMatchObject({
    kind: 'Status',
    status: 'Success',
  })
  const held = await call('DELETE', `${here}/configmaps/x?dryRun=All&propagationPolicy=Foreground`)
  expect(held.body['metadata']).toMatchObject({ finalizers: ['foregroundDeletion'], deletionGracePeriodSeconds: 0 })
  expect((await call('GET', `${here}/configmaps/x`)).body['metadata']).not.toHaveProperty('finalizers')
})
