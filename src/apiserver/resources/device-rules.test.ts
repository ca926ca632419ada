/** Classes, slices and claims of devices: answers of kube-apiserver v1.36.1 to the same requests. */
import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const group = '/apis/resource.k8s.io/v1'
const claims = `${group}/namespaces/default/resourceclaims`
const reference =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
const text = (message: string | undefined): string | undefined =>
  message?.replace(/^[A-Za-z.0-9]+ "[^"]+" is invalid: /, '')

describe('devices are refused in the words of the real server', () => {
  it.each<[string, object, string]>([
    [
      claims,
      {
        devices: {
          requests: [
            { name: 'z' },
            { name: 'a', exactly: { deviceClassName: 'c' }, firstAvailable: [{ name: 'b', deviceClassName: 'c' }] },
            {
              name: 'a',
              exactly: {
                deviceClassName: '',
                allocationMode: 'All',
                count: 2,
                selectors: [{}],
                tolerations: [{ operator: 'Exists', value: 'v', effect: 'E' }],
              },
            },
          ],
          constraints: [{ requests: ['y', 'a/b/c'] }, { matchAttribute: 'model' }],
          config: [{ requests: ['a', 'a'] }],
        },
      },
      `[spec.devices.requests[0]: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required, spec.devices.requests[1]: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set, spec.devices.requests[2].exactly.deviceClassName: Required value, spec.devices.requests[2].exactly.selectors[0].cel: Required value, spec.devices.requests[2].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All', spec.devices.requests[2].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\`, spec.devices.requests[2].exactly.tolerations[0].effect: Unsupported value: "E": supported values: "NoExecute", "NoSchedule", "None", spec.devices.requests[2]: Duplicate value: "a", spec.devices.constraints[0].requests[0]: Invalid value: "y": ${reference}, spec.devices.constraints[0].requests[1]: Invalid value: "a/b/c": ${reference}, spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set, spec.devices.constraints[1].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash, spec.devices.config[0].requests[1]: Duplicate value: "a", spec.devices.config[0].opaque: Required value]`,
    ],
    [
      `${group}/namespaces/default/resourceclaimtemplates`,
      {
        spec: {
          devices: {
            requests: [{ name: 'r', exactly: { deviceClassName: 'c', count: -1, allocationMode: 'ExactCount' } }],
            config: [{ opaque: { driver: 'a.b', parameters: [] } }],
          },
        },
      },
      '[spec.spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero, spec.spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object]',
    ],
    [
      `${group}/deviceclasses`,
      {
        selectors: [{}],
        config: [{}, { opaque: { driver: 'a.b', parameters: null } }],
        extendedResourceName: 'cpu',
      },
      '[spec.selectors[0].cel: Required value, spec.config[0].opaque: Required value, spec.config[1].opaque.parameters: Required value, spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name]',
    ],
    [
      `${group}/resourceslices`,
      {
        driver: '',
        pool: { name: 'a/b', generation: -1 },
        nodeName: '',
        allNodes: true,
        perDeviceNodeSelection: false,
        devices: [
          {
            name: 'd',
            nodeName: 'n',
            attributes: { 'a/b': {}, c: { int: 1, string: 'x' }, v: { version: '1' } },
            taints: [{ key: 'k', effect: 'X' }],
            bindingConditions: ['a'],
          },
          {
            name: 'd',
            capacity: { x: { value: '1', requestPolicy: {} } },
            consumesCounters: [{ counterSet: '' }],
          },
        ],
        sharedCounters: [{ name: 's' }],
      },
      '[spec.driver: Required value, spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero, spec.pool.generation: Invalid value: -1: must be greater than or equal to zero, spec.nodeName: Invalid value: "": must be either unset or set to a non-empty string, spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true, spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed, spec.devices[0].attributes[a/b]: Invalid value: "": exactly one value must be specified, spec.devices[0].attributes[c]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":"x","VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: exactly one value must be specified, spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0, spec.devices[0].taints[0].effect: Unsupported value: "X": supported values: "NoExecute", "NoSchedule", "None", spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec, spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions, spec.devices[1].capacity[x].requestPolicy: Forbidden: allowMultipleAllocations must be true, spec.devices[1].consumesCounters[0].counterSet: Required value, spec.devices[1].consumesCounters[0].counters: Required value, spec.devices[1]: Duplicate value: "d", spec.sharedCounters[0].counters: Required value]',
    ],
  ])('%s', async (url, spec, message) => {
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'x' }, spec } })
    expect([answer.status, text(answer.body.message)]).toEqual([422, message])
  })
})

describe('a claim', () => {
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } }
  const device = { driver: 'd.example.com', pool: 'p', device: 'd1' }
  const allocation = { devices: { results: [{ request: 'r', ...device }] } }
  const consumer = { resource: 'pods', name: 'p', uid: 'u' }

  async function claimed() {
    const { call } = testServer()
    const created = await call('POST', claims, { body: { metadata: { name: 'c' }, spec } })
    const withStatus = (status: object) =>
      call('PUT', `${claims}/c/status`, { body: { metadata: { name: 'c' }, spec, status } })
    return { call, created, withStatus }
  }

  it('asks for one device where it does not say how many, and stays as it is', async () => {
    const { call, created } = await claimed()
    expect(created.body).toMatchObject({
      spec: { devices: { requests: [{ exactly: { allocationMode: 'ExactCount', count: 1 } }] } },
    })
    const changed = await call('PUT', `${claims}/c`, { body: { metadata: { name: 'c' }, spec: { devices: {} } } })
    expect(text(changed.body.message)).toBe(
      'spec: Invalid value: {"Devices":{"Requests":null,"Constraints":null,"Config":null}}: field is immutable',
    )
  })

  it('is reserved only with what it has got, and what is said of a device goes with the device', async () => {
    const { call, withStatus } = await claimed()
    expect(text((await withStatus({ reservedFor: [consumer] })).body.message)).toBe(
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    )
    const unknown = await withStatus({ allocation: { devices: { results: [{ request: 'q', ...device }] } } })
    expect(text(unknown.body.message)).toBe(
      `status.allocation.devices.results[0].request: Invalid value: "q": ${reference}`,
    )
    const got = await withStatus({
      allocation,
      reservedFor: [consumer],
      devices: [{ ...device, networkData: { ips: ['10.0.0.1/24'] } }],
    })
    expect(got.status, got.body.message).toBe(200)
    const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }
    const { rows } = (await call('GET', `${claims}/c`, { headers })).body as unknown as { rows: { cells: unknown[] }[] }
    expect(rows[0]?.cells.slice(0, 2)).toEqual(['c', 'allocated,reserved'])
    const other = { allocation: { devices: { results: [{ request: 'r', ...device, device: 'd2' }] } } }
    expect(text((await withStatus(other)).body.message)).toMatch(/^status.allocation: .*"Device":"d2".*is immutable$/)
    const foreign = await withStatus({ allocation, devices: [{ ...device, device: 'd2' }] })
    expect(text(foreign.body.message)).toBe(
      'status.devices[0]: Invalid value: {"Driver":"d.example.com","Pool":"p","Device":"d2","ShareID":""}: must be an allocated device in the claim',
    )
    const released = await withStatus({ devices: [device] })
    expect([released.status, released.body['status']]).toEqual([200, {}])
  })
})

const tooComplex = 'Forbidden: too complex, exceeds cost limit'
/** As kube-apiserver v1.36.1 says it. */
it.each([
  ['device.driver == "a"', undefined],
  ['device.attributes["a"].b.isGreaterThan(semver("1.0.0"))', undefined],
  ['cel.bind(x, device.attributes["a"], x.b == 1)', undefined],
  ['device.capacity["a"].b.compareTo(quantity("1Gi")) >= 0', undefined],
  ['device.attributes["a"].b', undefined],
  ['device.attributes.all(k, device.attributes[k].all(l, device.attributes[k][l].matches("a")))', undefined],
  ['type(device.attributes["a"].b) == int', tooComplex],
  [
    'device.attributes.all(k, device.attributes.all(l, device.attributes.all(m, device.attributes.all(n, k == n))))',
    tooComplex,
  ],
  ['device.driver', 'must evaluate to bool or the unknown type, not string'],
  ['', 'compilation failed: ERROR: <input>:1:0: Syntax error: mismatched input'],
  ['gadget.x', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'gadget' (in container '')"],
])('a selector %s: %s', async (expression, problem) => {
  const { call } = testServer()
  const body = { metadata: { name: 'x' }, spec: { selectors: [{ cel: { expression } }] } }
  const answer = await call('POST', `${group}/deviceclasses?dryRun=All`, { body })
  if (problem === undefined) expect(answer.status).toBe(201)
  else expect(answer.body.message).toContain(`: ${problem}`)
})

it('slices are found by their node and their driver', async () => {
  const { call } = testServer()
  const devices = [{ name: 'd', taints: [{ key: 'k', effect: 'NoSchedule' }] }]
  const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
  for (const nodeName of ['n1', 'n2'])
    await call('POST', `${group}/resourceslices`, {
      body: { metadata: { name: nodeName }, spec: { driver: 'd.example.com', pool, nodeName, devices } },
    })
  const selector = encodeURIComponent('spec.nodeName=n2,spec.driver=d.example.com')
  const { body } = await call('GET', `${group}/resourceslices?fieldSelector=${selector}`)
  const taint = { key: 'k', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' }
  expect(body['items']).toMatchObject([
    { metadata: { name: 'n2', generation: 1 }, spec: { devices: [{ taints: [taint] }] } },
  ])
})
