import { describe, expect, it } from 'vitest'
import { certificateRequest, testServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const storage = '/apis/storage.k8s.io/v1'
const headers = { 'content-type': 'application/merge-patch+json' }
const text = (message: string | undefined): string | undefined =>
  message?.replace(/^[A-Za-z.0-9]+ "[^"]+" is invalid: /, '')
const qualified =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('budgets, classes, drivers, webhooks and API services refuse in the words of the real server', () => {
  it.each<[string, object, string]>([
    [
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
      { spec: { minAvailable: -1, maxUnavailable: '200%', unhealthyPodEvictionPolicy: 'X' } },
      '[spec: Invalid value: {"MinAvailable":-1,"Selector":null,"MaxUnavailable":"200%","UnhealthyPodEvictionPolicy":"X"}: minAvailable and maxUnavailable cannot be both set, spec.minAvailable: Invalid value: -1: must be greater than or equal to 0, spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%, spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: "AlwaysAllow", "IfHealthyBudget"]',
    ],
    [
      `${storage}/storageclasses`,
      {
        provisioner: 'a b',
        parameters: { '': 'x' },
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'k', values: [] }] }],
      },
      `[provisioner: Invalid value: "a b": name part ${qualified}, parameters: Invalid value: "": field can not be empty., allowedTopologies[0].matchLabelExpressions[0].values: Required value]`,
    ],
    [
      `${storage}/csidrivers`,
      {
        spec: {
          volumeLifecycleModes: ['X'],
          fsGroupPolicy: 'Y',
          tokenRequests: [{ audience: 'a', expirationSeconds: 1 }, { audience: 'a' }],
        },
      },
      '[spec.fsGroupPolicy: Unsupported value: "Y": supported values: "File", "None", "ReadWriteOnceWithFSType", spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes, spec.tokenRequests[1].audience: Duplicate value: "a", spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral"]',
    ],
    [
      `${storage}/csinodes`,
      {
        spec: {
          drivers: [
            { name: '', nodeID: '' },
            { name: 'a', nodeID: 'x' },
            { name: 'a', nodeID: 'y', allocatable: { count: -1 } },
          ],
        },
      },
      '[spec.drivers[0].name: Required value, spec.drivers[0].nodeID: Required value, spec.drivers[2].allocatable.count: Invalid value: -1: must be greater than or equal to 0, spec.drivers[2].name: Duplicate value: "a"]',
    ],
    [
      '/apis/apiregistration.k8s.io/v1/apiservices',
      {
        spec: {
          group: 'baz.io',
          version: 'v1',
          groupPriorityMinimum: 30_000,
          service: { port: 0 },
          caBundle: 'eA==',
          insecureSkipTLSVerify: true,
        },
      },
      '[metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.baz.io", spec.groupPriorityMinimum: Invalid value: 30000: must be positive and less than 20000, spec.versionPriority: Invalid value: 0: must be positive and less than 1000, spec.service.namespace: Required value, spec.service.name: Required value, spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive, spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present]',
    ],
    [
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
      {
        webhooks: [
          {
            name: 'a.b.c',
            clientConfig: { service: { name: 's', namespace: 'n', port: 0, path: '/a//b' } },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            rules: [
              {
                operations: ['CREATE'],
                apiGroups: [''],
                apiVersions: ['v1'],
                resources: ['*/*', 'x', 'pods/*', 'pods/log'],
              },
            ],
          },
        ],
      },
      '[webhooks[0].rules[0].resources[2]: Invalid value: "pods/*": if \'*/*\' is present, must not specify pods/*, webhooks[0].rules[0].resources[3]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log, webhooks[0].rules[0].resources: Invalid value: ["*/*","x","pods/*","pods/log"]: if \'*/*\' is present, must not specify other resources, webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive, webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty]',
    ],
    [
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { metadata: { name: 'system-node-critical' }, value: 5 },
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
    ],
  ])('%s %j', async (url, body, causes) => {
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'x' }, ...body } })
    expect([answer.status, text(answer.body.message)]).toEqual([422, causes])
  })

  it('a budget’s status has conditions that are whole', async () => {
    const { call } = testServer()
    const url = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    await call('POST', url, { body: { metadata: { name: 'x' } } })
    const conditions = [{ type: 'x y', status: 'Maybe', reason: '', message: 'm', lastTransitionTime: null }]
    const status = { disruptionsAllowed: -1, currentHealthy: 2, conditions }
    const answer = await call('PATCH', `${url}/x/status`, { body: { status }, headers })
    expect(text(answer.body.message)).toBe(
      `[status.conditions[0].type: Invalid value: "x y": name part ${qualified}, status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown", status.conditions[0].lastTransitionTime: Required value, status.conditions[0].reason: Required value, status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0]`,
    )
  })
})

it('a driver has defaults and columns, and what was said of attaching stays', async () => {
  const { call } = testServer()
  const made = await call('POST', `${storage}/csidrivers`, { body: { metadata: { name: 'd.io' }, spec: {} } })
  expect(made.body['spec']).toMatchObject({
    attachRequired: true,
    volumeLifecycleModes: ['Persistent'],
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
  })
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const table = await call('GET', `${storage}/csidrivers/d.io`, { headers: { accept } })
  expect((table.body['rows'] as { cells: unknown[] }[])[0]?.cells.slice(1, 7)).toEqual([
    true,
    false,
    false,
    '<unset>',
    false,
    'Persistent',
  ])
  const change = await call('PATCH', `${storage}/csidrivers/d.io`, {
    body: { spec: { attachRequired: false } },
    headers,
  })
  expect(text(change.body.message)).toBe('spec.attachedRequired: Invalid value: false: field is immutable')
})

it('a storage capacity is not negative, and stays that of a class', async () => {
  const { call } = testServer()
  const url = `${storage}/namespaces/default/csistoragecapacities`
  const body = { metadata: { name: 'c' }, storageClassName: 'fast', capacity: '1Gi' }
  const negative = await call('POST', url, { body: { ...body, capacity: '-1' } })
  expect(text(negative.body.message)).toBe('capacity: Invalid value: "-1": must be greater than or equal to 0')
  expect((await call('POST', url, { body })).status).toBe(201)
  const change = await call('PATCH', `${url}/c`, { body: { storageClassName: 'slow', capacity: '2Gi' }, headers })
  expect(text(change.body.message)).toBe('storageClassName: Invalid value: "slow": field is immutable')
})

it('an API that the server answers itself is available at once', async () => {
  const { call } = testServer()
  const spec = { group: 'q.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 }
  const { body } = await call('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
    body: { metadata: { name: 'v1.q.io' }, spec },
  })
  expect(body['status']).toMatchObject({ conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] })
})

it.each([
  ['MIIB', 'asn1: syntax error: data truncated'],
  ['MAMCAQEA', 'asn1: syntax error: trailing data'],
  ['MAMCAQE=', 'asn1: structure error: it is no certificate request'],
])('a request for a certificate has to be one (%s)', async (der, problem) => {
  const { call } = testServer()
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`
  const spec = { request: Buffer.from(pem).toString('base64'), signerName: 'a.b/c', usages: ['client auth'] }
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const { status, body } = await call('POST', url, { body: { metadata: { name: 'x' }, spec } })
  expect([status, body.message]).toEqual([422, expect.stringContaining(problem)])
})

it('a request for a certificate has any name that is a path, and blocks that decode', async () => {
  const { call } = testServer()
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const post = async (name: string, request: string): Promise<string | undefined> =>
    text((await call('POST', url, { body: { metadata: { name }, spec: { ...wanted, request } } })).body.message)
  const wanted = { signerName: 'a.b/c', usages: ['client auth'] }
  const bad = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\nxx\n-----END CERTIFICATE REQUEST-----').toString(
    'base64',
  )
  expect(await post('50%', bad)).toBe(
    `spec.request: Invalid value: "${bad}": PEM block type must be CERTIFICATE REQUEST`,
  )
  expect(await post('50%', certificateRequest)).toBe(`metadata.name: Invalid value: "50%": may not contain '%'`)
  expect(await post('A:b', certificateRequest)).toBeUndefined()
  const issue = async (pem: string): Promise<string | undefined> => {
    const status = { certificate: Buffer.from(pem).toString('base64') }
    return text((await call('PATCH', `${url}/A:b/status`, { body: { status }, headers })).body.message)
  }
  const at = 'status.certificate: Invalid value: "<certificate data>": '
  expect(await issue('-----BEGIN A-----\nAAAA\n-----END A-----')).toBe(
    `${at}only CERTIFICATE PEM blocks are allowed, found "A"`,
  )
  expect(await issue('-----BEGIN CERTIFICATE-----\nK: v\n\nAAAA\n-----END CERTIFICATE-----')).toBe(
    `${at}no PEM block headers are permitted`,
  )
  expect(await issue('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toBe(
    `${at}x509: malformed certificate`,
  )
})

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

it.each([
  [
    'a',
    'spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
  ],
  ['../x', `spec.signerName: Invalid value: "..": validating label "": ${label}`],
  ['a/x', 'spec.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots'],
])('a signer is called by its domain and its path, not %s', async (signerName, problem) => {
  const { call } = testServer()
  const spec = { request: certificateRequest, signerName, usages: ['client auth'] }
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const { body } = await call('POST', url, { body: { metadata: { name: 'x' }, spec } })
  expect(text(body.message)).toBe(problem)
})

it('no parameters of a storage class are as many as none', async () => {
  const { call } = testServer()
  await call('POST', `${storage}/storageclasses`, { body: { metadata: { name: 'x' }, provisioner: 'a' } })
  const put = (parameters: object): ReturnType<typeof call> =>
    call('PUT', `${storage}/storageclasses/x`, { body: { metadata: { name: 'x' }, provisioner: 'a', parameters } })
  expect((await put({})).status).toBe(200)
  expect(text((await put({ a: 'b' })).body.message)).toBe('parameters: Invalid value: {"a":"b"}: field is immutable')
})

it('an API service is called by what it serves, and that is a path', async () => {
  const { call } = testServer()
  const spec = { group: 'q.io', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 }
  const post = async (name: string): Promise<string | undefined> =>
    text(
      (await call('POST', '/apis/apiregistration.k8s.io/v1/apiservices', { body: { metadata: { name }, spec } })).body
        .message,
    )
  expect(await post('x/y')).toBe(`metadata.name: Invalid value: "x/y": may not contain '/'`)
  expect(await post('x')).toBe('metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.q.io"')
})

it('a request for a certificate may be approved by a patch, and only there', async () => {
  const { call } = testServer()
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const spec = { request: certificateRequest, signerName: 'a.b/c', usages: ['client auth'] }
  await call('POST', url, { body: { metadata: { name: 'x' }, spec } })
  const approved = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] } }
  const patch = (path: string, body: object): ReturnType<typeof call> =>
    call('PATCH', `${url}/x/${path}`, { body, headers })
  expect(text((await patch('status', approved)).body.message)).toBe(
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  )
  expect((await patch('approval', approved)).status).toBe(200)
  expect(text((await patch('status', { status: { certificate: 'eA==' } })).body.message)).toBe(
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  )
})

it('a pod that is evicted says so, and its generation counts the deletion once', async () => {
  const { call } = testServer()
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  await call('POST', `${here}/pods`, { body: { metadata: { name: 'p' }, spec } })
  await call('POST', `${here}/pods/p/eviction`, { body: { metadata: { name: 'p' } } })
  const { body } = await call('DELETE', `${here}/pods/p`, { body: { gracePeriodSeconds: 5 } })
  expect(body).toMatchObject({
    metadata: { generation: 2, deletionGracePeriodSeconds: 5 },
    status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] },
  })
})

it('a job that is deleted leaves its pods, and says so', async () => {
  const { call } = testServer()
  const url = '/apis/batch/v1/namespaces/default/jobs'
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  await call('POST', url, { body: { metadata: { name: 'x' }, spec: { template } } })
  const told = await call('DELETE', `${url}/x`)
  expect(told.body['metadata']).toMatchObject({ finalizers: ['orphan'] })
  expect(String(told.headers['warning'])).toContain('child pods are preserved by default when jobs are deleted')
  await call('POST', url, { body: { metadata: { name: 'y' }, spec: { template } } })
  expect((await call('DELETE', `${url}/y?propagationPolicy=Background`)).headers['warning']).toBeUndefined()
})

describe('storage on nodes, requests for certificates and revisions', () => {
  const apply = { 'content-type': 'application/apply-patch+yaml' }

  it('a driver that is known on a node keeps its name for it', async () => {
    const { call } = testServer()
    const driver = { name: 'd.example', nodeID: 'n', topologyKeys: ['a'] }
    await call('POST', `${storage}/csinodes`, { body: { metadata: { name: 'n' }, spec: { drivers: [driver] } } })
    const patched = async (change: object): Promise<string | undefined> =>
      text(
        (
          await call('PATCH', `${storage}/csinodes/n`, {
            headers,
            body: { spec: { drivers: [{ ...driver, ...change }] } },
          })
        ).body.message,
      )
    expect([await patched({ nodeID: 'm' }), await patched({ allocatable: { count: 7 } })]).toEqual([
      'spec.drivers: Invalid value: {"Name":"d.example","NodeID":"m","TopologyKeys":["a"],"Allocatable":null}: field is immutable',
      undefined,
    ])
  })

  it('a driver counts how often it was changed', async () => {
    const { call } = testServer()
    const made = await call('POST', `${storage}/csidrivers`, { body: { metadata: { name: 'd.example' }, spec: {} } })
    const changed = async (spec: object): Promise<unknown> =>
      (await call('PATCH', `${storage}/csidrivers/d.example`, { headers, body: { spec } })).body['metadata']
    expect(made.body['metadata']).not.toHaveProperty('generation')
    expect(await changed({ requiresRepublish: true })).toMatchObject({ generation: 1 })
    expect(await changed({ requiresRepublish: true })).toMatchObject({ generation: 1 })
  })

  it('a request for a certificate says who applied it, whatever it says itself', async () => {
    const { call } = testServer()
    const { body } = await call('PATCH', '/apis/certificates.k8s.io/v1/certificatesigningrequests/c?fieldManager=m', {
      headers: apply,
      body: {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: 'c' },
        spec: {
          request: certificateRequest,
          signerName: 'example.dev/s',
          usages: ['client auth'],
          username: 'system:admin',
          groups: ['system:masters'],
        },
      },
    })
    expect(body['spec']).toMatchObject({ username: 'admin', groups: ['system:masters', 'system:authenticated'] })
  })

  it('the data of a revision has one owner', async () => {
    const { call } = testServer()
    const path = '/apis/apps/v1/namespaces/default/controllerrevisions/r'
    const { status, body } = await call('PATCH', `${path}?fieldManager=m`, {
      headers: apply,
      body: {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: { name: 'r' },
        data: { a: { b: 1 } },
        revision: 1,
      },
    })
    expect([status, body['data']]).toEqual([201, { a: { b: 1 } }])
    expect(body['metadata']).toMatchObject({ managedFields: [{ fieldsV1: { 'f:data': {}, 'f:revision': {} } }] })
  })
})

it('a volume of a driver that is gone is accepted, with its defaults, and warned of', async () => {
  const { call } = testServer()
  const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }
  const made = await call('POST', '/api/v1/persistentvolumes', {
    body: { metadata: { name: 'v' }, spec: { ...volume, rbd: { monitors: ['m'], image: 'i' } } },
  })
  expect(made.body['spec']).toMatchObject({ rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' } })
  expect(String(made.headers['warning'])).toContain('spec.rbd: deprecated in v1.28, non-functional in v1.31+')
  const two = await call('POST', '/api/v1/persistentvolumes', {
    body: {
      metadata: { name: 'w' },
      spec: { ...volume, cinder: { volumeID: 'v' }, hostPath: { path: '/x' }, volumeAttributesClassName: 'c' },
    },
  })
  expect(text(two.body.message)).toBe(
    '[spec.cinder: Forbidden: may not specify more than 1 volume type, spec.csi: Required value: has to be specified when using volumeAttributesClassName]',
  )
})

it('an owner that is named twice is kept once, and told of', async () => {
  const { call } = testServer()
  const owners = ['u1', 'u2', 'u1'].map((uid) => ({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid }))
  const metadata = { name: 'm', ownerReferences: owners }
  const made = await call('POST', `${here}/configmaps?dryRun=All`, { body: { metadata } })
  expect(made.body['metadata']).toMatchObject({ ownerReferences: owners.slice(0, 2) })
  expect(String(made.headers['warning'])).toMatch(/contains duplicate entries; API server dedups .* observed: u1"$/)
  await call('POST', `${here}/configmaps`, { body: { metadata: { name: 'm' } } })
  const patched = await call('PATCH', `${here}/configmaps/m?dryRun=All`, { body: { metadata }, headers })
  expect(String(patched.headers['warning'])).toContain('duplicate entries after mutating admission happens')
})
