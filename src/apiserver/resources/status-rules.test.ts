import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const jobs = '/apis/batch/v1/namespaces/default/jobs'
const headers = { 'content-type': 'application/merge-patch+json' }
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
const label =
  "must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

const pod = {
  restartPolicy: 'OnFailure',
  containers: [
    { name: 'c', image: 'i' },
    {
      name: 'd',
      image: 'i',
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    },
  ],
}

const ended = (name: string, exitCode: number): object => ({ name, state: { terminated: { exitCode } } })
const runs = (name: string): object => ({ name, state: { running: {} } })

/** The message of the last of the statuses that are written, without what it begins with. */
async function refusal(url: string, object: object, statuses: readonly object[]): Promise<string | undefined> {
  const { call } = testServer()
  const created = await call('POST', url, { body: { metadata: { name: 'x' }, ...object } })
  expect(created.body.message).toBeUndefined()
  const { name } = created.body['metadata'] as { name: string }
  let message: string | undefined
  for (const status of statuses)
    message = (await call('PATCH', `${url}/${name}/status`, { headers, body: { status } })).body.message
  return message?.replace(/^[A-Za-z.0-9]+ "[^"]+" is invalid: /, '')
}

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('a status is refused in the words of the real server', () => {
  it.each<[string, string, object, object[], string]>([
    [
      'counts and indexes of a job',
      jobs,
      { spec: { template, completions: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 } },
      [
        {
          active: 1,
          ready: 2,
          completedIndexes: '0-3',
          failedIndexes: '1,0',
          uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] },
          completionTime: '2026-01-01T00:00:00Z',
        },
      ],
      '[status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty, status.uncountedTerminatedPods.failed[0]: Duplicate value: "a", status.completionTime: Invalid value: "2026-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True condition, status.completedIndexes: Invalid value: "0-3": error parsing completedIndexes: too large index: "3", status.failedIndexes: Invalid value: "1,0": error parsing failedIndexes: non-increasing order, previous: 1, current: 0, status.ready: Invalid value: 2: cannot set more ready pods than active]',
    ],
    [
      'the end of a job',
      jobs,
      { spec: { template } },
      [
        {
          conditions: ['Complete', 'FailureTarget'].map((type) => ({ type, status: 'True' })),
          active: 1,
          completedIndexes: '0',
        },
      ],
      '[status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions, status.completionTime: Required value: completionTime is required for Complete jobs, status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition, status.active: Invalid value: 1: active>0 is invalid for finished job, status.startTime: Required value: startTime is required for finished job, status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode]',
    ],
    [
      'a job that began at another time',
      jobs,
      { spec: { template } },
      [{ startTime: '2026-01-01T00:00:00Z' }, { startTime: '2026-01-02T00:00:00Z' }],
      'status.startTime: Invalid value: "2026-01-02T00:00:00Z": field is immutable for unsuspended job once set',
    ],
    [
      'an index that has completed and failed',
      jobs,
      { spec: { template, completions: 5, completionMode: 'Indexed', backoffLimitPerIndex: 1 } },
      [{ completedIndexes: '0,2-3', failedIndexes: '1,3-4' }],
      'status.failedIndexes: Invalid value: "1,3-4": failedIndexes and completedIndexes overlap at index: 3',
    ],
    [
      'containers that run again after they have ended for good',
      `${here}/pods`,
      { spec: pod },
      [
        { containerStatuses: [ended('c', 1), ended('d', 42)] },
        { containerStatuses: [runs('c'), runs('d')] },
        { containerStatuses: [ended('c', 0), ended('d', 1)] },
        { containerStatuses: [runs('c'), runs('d')] },
      ],
      '[status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state, status.containerStatuses[1].state: Forbidden: may not be transitioned to non-terminated state]',
    ],
    [
      'claims of a pod that has none',
      `${here}/pods`,
      { spec: pod },
      [
        {
          resourceClaimStatuses: [{ name: 'x' }, { name: 'x' }],
          extendedResourceClaimStatus: {
            requestMappings: [{ containerName: 'z', resourceName: 'r', requestName: 'a' }],
          },
        },
      ],
      '[status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`, status.resourceClaimStatuses[1].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`, status.resourceClaimStatuses[1].name: Duplicate value: "x", status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid value: "z": must match the name of an entry in spec.initContainers.name or spec.containers.name, status.extendedResourceClaimStatus.resourceClaimName: Required value]',
    ],
    [
      'what containers have got',
      `${here}/pods`,
      { spec: pod },
      [
        {
          containerStatuses: [
            {
              name: 'c',
              user: { linux: { uid: -1, gid: 0 } },
              allocatedResourcesStatus: [
                {
                  name: 'claim:a',
                  resources: [
                    { resourceID: '1', health: 'Fine' },
                    { resourceID: '1', health: 'Healthy' },
                  ],
                },
              ],
            },
          ],
          ephemeralContainerStatuses: [{ name: 'e', allocatedResourcesStatus: [{ name: 'a' }] }],
        },
      ],
      `[status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive, status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "claim:a": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty, status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown", status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "1", status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status]`,
    ],
    [
      'features of a node',
      '/api/v1/nodes',
      {},
      [{ declaredFeatures: ['b', 'A', 'A'] }],
      `[status.declaredFeatures[0]: Invalid value: "b": invalid feature name "b": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes, status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically, status.declaredFeatures[2]: Duplicate value: "A"]`,
    ],
    [
      'amounts of a claim',
      `${here}/persistentvolumeclaims`,
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      [
        {
          capacity: { storage: '-1' },
          allocatedResources: { cpu: '1', storage: '-2' },
          allocatedResourceStatuses: { storage: 'Soon' },
        },
      ],
      '[status.capacity[storage]: Invalid value: -1: must be a valid resource quantity, status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending", status.allocatedResources: Unsupported value: "cpu": supported values: "storage", status.allocatedResources[storage]: Invalid value: -2: must be a valid resource quantity]',
    ],
    [
      'errors of an attachment',
      '/apis/storage.k8s.io/v1/volumeattachments',
      { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } } },
      [{ attached: false, attachError: { errorCode: -1 } }],
      'status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      'names of a definition',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      {
        metadata: { name: 'gadgets.example.dev' },
        spec: {
          group: 'example.dev',
          scope: 'Namespaced',
          names: { plural: 'gadgets', kind: 'Gadget' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
      [{ acceptedNames: { plural: 'A', kind: 'K', listKind: 'K', shortNames: ['x y'] } }],
      `[status.acceptedNames.plural: Invalid value: "A": a DNS-1035 label ${label}, status.acceptedNames.shortNames[0]: Invalid value: "x y": a DNS-1035 label ${label}, status.acceptedNames.listKind: Invalid value: "K": kind and listKind may not be the same]`,
    ],
  ])('%s', async (_what, url, object, statuses, message) => {
    expect(await refusal(url, object, statuses)).toBe(message)
  })
})

describe('what the server makes of a status', () => {
  const write = async (url: string, object: object, status: object): Promise<Record<string, unknown>> => {
    const { call, clock } = testServer()
    await call('POST', url, { body: { metadata: { name: 'x', labels: { a: 'b' } }, ...object } })
    await clock.advance(5000)
    const { body } = await call('PUT', `${url}/x/status`, { body: { metadata: { name: 'x' }, ...object, status } })
    return body['status'] as Record<string, unknown>
  }
  const volume = { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } }

  it('says when the phase of a volume changed, unless who changes it does', async () => {
    const url = '/api/v1/persistentvolumes'
    const started = '1970-01-01T00:00:00Z'
    const time = async (status: object): Promise<unknown> =>
      (await write(url, volume, status))['lastPhaseTransitionTime']
    const same = await time({ phase: 'Pending' })
    expect(Date.parse((await time({ phase: 'Available' })) as string) - Date.parse(same as string)).toBe(5000)
    expect(await time({ phase: 'Available', lastPhaseTransitionTime: started })).toBe(started)
  })

  it('prints a time that is none as null, and gives no node a configuration', async () => {
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '0001-01-01T00:00:00Z' }]
    const status = await write('/api/v1/nodes', {}, { conditions, config: { error: 'x' } })
    expect(status).toMatchObject({ conditions: [{ lastTransitionTime: null }] })
    expect(status).not.toHaveProperty('config')
  })

  it('leaves a pod without a phase where its kubelet says none', async () => {
    const status = await write(`${here}/pods`, { spec: pod }, { qosClass: 'BestEffort' })
    expect(status).toEqual({ qosClass: 'BestEffort' })
  })

  it('owns nothing of the metadata that it leaves alone', async () => {
    const { call } = testServer()
    const url = '/apis/storage.k8s.io/v1/volumeattachments'
    const object = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: 'x' },
      spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } },
    }
    await call('POST', url, { body: object })
    const { body } = await call('PATCH', `${url}/x/status?fieldManager=m`, {
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: { ...object, spec: undefined, metadata: { name: 'x', labels: { a: 'b' } }, status: { attached: true } },
    })
    const { managedFields } = body['metadata'] as { managedFields: { manager: string; fieldsV1: object }[] }
    expect(managedFields.find(({ manager }) => manager === 'm')?.fieldsV1).toEqual({
      'f:status': { 'f:attached': {} },
    })
  })
})

it('a job that is suspended and at rest may be sent elsewhere with other resources, and does the same', async () => {
  const { call } = testServer()
  await call('POST', jobs, { body: { metadata: { name: 'x' }, spec: { suspend: true, template } } })
  const write = (url: string, body: object): ReturnType<typeof call> => call('PATCH', url, { headers, body })
  const fields = async (spec: object): Promise<unknown> => {
    const { status, body } = await write(`${jobs}/x`, { spec: { template: { spec } } })
    const { causes = [] } = (body['details'] ?? {}) as { causes?: { field: string }[] }
    return [status, ...causes.map(({ field }) => field)]
  }
  const elsewhere = {
    nodeSelector: { zone: 'a' },
    affinity: { nodeAffinity: {} },
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '2' } } }],
  }
  expect(await fields(elsewhere)).toEqual([422, 'spec.template'])
  await write(`${jobs}/x/status`, { status: { conditions: [{ type: 'Suspended', status: 'True' }] } })
  expect(await fields(elsewhere)).toEqual([200])
  expect(await fields({ containers: [{ name: 'c', image: 'other' }] })).toEqual([422, 'spec.template.spec'])
  expect(await fields({ affinity: { podAffinity: {} } })).toEqual([422, 'spec.template.spec'])
})
