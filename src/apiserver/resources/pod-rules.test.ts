import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const pods = '/api/v1/namespaces/default/pods'

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('pods are refused in the words of the real server', () => {
  const at = 'spec.containers[0]'
  it.each<[string, object, object, string]>([
    [
      'pull policies',
      { imagePullPolicy: 'X' },
      {},
      `${at}.imagePullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"`,
    ],
    [
      'names of variables',
      { env: [{ name: 'A=B' }] },
      {},
      `${at}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
    [
      'variables from nowhere',
      { env: [{ name: 'A', valueFrom: {} }] },
      {},
      `${at}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
    ],
    [
      'fields that nobody may know',
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }] },
      {},
      `${at}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`,
    ],
    [
      'variables from a file, containers that start again, claims and spread',
      {
        env: [{ name: 'A', valueFrom: { fileKeyRef: { key: '=', volumeName: 'v', path: '../x' } } }],
        restartPolicyRules: [{ action: 'X' }],
        resources: { claims: [{ name: 'b' }, { name: 'a', request: 'r' }, { name: 'a' }, { name: '' }] },
        securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c' } },
      },
      {
        resourceClaims: [{ name: 'a' }, { name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }],
        schedulingGates: [{ name: 'a' }, { name: 'a' }],
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'ScheduleAnyway', matchLabelKeys: ['a'] },
        ],
      },
      `[spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: \`resourceClaimName\`, \`resourceClaimTemplateName\`, spec.resourceClaims[1].name: Duplicate value: "a", spec.resourceClaims[1]: Invalid value: {"Name":"a","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most one of \`resourceClaimName\` or \`resourceClaimTemplateName\` may be specified, ${at}.env[0].valueFrom.fileKeyRef.key: Invalid value: "=": a valid environment variable name must consist only of printable ASCII characters other than '=', ${at}.env[0].valueFrom.fileKeyRef.path: Invalid value: "../x": must not contain '..', ${at}.resources.claims[0]: Not found: "b": must be one of the names in pod.spec.resourceClaims: a, ${at}.resources.claims[2]: Duplicate value: "a", ${at}.resources.claims[3]: Required value, ${at}.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash, ${at}.restartPolicy: Required value: must specify restartPolicy when restart rules are used, ${at}.restartPolicyRules[0].action: Unsupported value: "X": supported values: "Restart", "RestartAllContainers", ${at}.restartPolicyRules[0].exitCodes: Required value: must be specified, spec.schedulingGates[1]: Duplicate value: "a", spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set, ${at}.env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"]`,
    ],
    [
      'volumes of drivers that were part of Kubernetes',
      {},
      {
        volumes: [
          { name: 'a', iscsi: { iqn: 'x', lun: 256, chapAuthSession: true } },
          { name: 'b', azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed' } },
          { name: 'd', fc: { targetWWNs: ['a'], wwids: ['b'] } },
          { name: 'e', gcePersistentDisk: { partition: 256 } },
          { name: 'f', quobyte: { registry: 'x', volume: 'v' } },
          { name: 'g', flexVolume: { options: { 'k8s.io/x': 'y' } } },
          { name: 'h', rbd: {}, cephfs: { monitors: ['m'] } },
        ],
      },
      '[spec.volumes[0].iscsi.targetPortal: Required value, spec.volumes[0].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa, spec.volumes[0].iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive, spec.volumes[0].iscsi.secretRef: Required value, spec.volumes[1].azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}", spec.volumes[2].fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously, spec.volumes[2].fc.lun: Required value: lun is required if targetWWNs is specified, spec.volumes[3].persistentDisk.pdName: Required value, spec.volumes[3].persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive, spec.volumes[4].quobyte.registry: Invalid value: "x": must be a host:port pair or multiple pairs separated by commas, spec.volumes[5].flexVolume.driver: Required value, spec.volumes[5].flexVolume.options[k8s.io/x]: Invalid value: "k8s.io/x": kubernetes.io and k8s.io namespaces are reserved, spec.volumes[6].rbd.monitors: Required value, spec.volumes[6].rbd.image: Required value, spec.volumes[6].cephFS: Forbidden: may not specify more than 1 volume type]',
    ],
    [
      'probes of nothing',
      { livenessProbe: {} },
      {},
      `${at}.livenessProbe: Required value: must specify a handler type`,
    ],
    [
      'probes of two kinds',
      { livenessProbe: { httpGet: { port: 0 }, tcpSocket: { port: 1 } } },
      {},
      `[${at}.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive, ${at}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type]`,
    ],
    [
      'two mounts in one place',
      {
        volumeMounts: [
          { name: 'v', mountPath: '/a' },
          { name: 'v', mountPath: '/a' },
        ],
      },
      { volumes: [{ name: 'v', emptyDir: {} }] },
      `${at}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`,
    ],
    [
      'volumes of two kinds',
      {},
      {
        volumes: [
          { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
          { name: 's', secret: {} },
        ],
      },
      '[spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type, spec.volumes[1].secret.secretName: Required value]',
    ],
    [
      'less than nothing',
      { resources: { requests: { cpu: '-1' } } },
      {},
      `${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
    ],
    [
      'devices without a limit',
      { resources: { requests: { 'nvidia.com/gpu': '1' } } },
      {},
      `${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
    ],
    [
      'DNS policies',
      {},
      { dnsPolicy: 'None' },
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      'deadlines',
      {},
      { activeDeadlineSeconds: 0 },
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    [
      'tolerations',
      {},
      {
        tolerations: [
          { key: 'a', operator: 'Foo' },
          { operator: 'Equal' },
          { key: 'b', operator: 'Exists', value: 'x' },
        ],
      },
      `[spec.tolerations[0].operator: Unsupported value: "Foo": supported values: "Equal", "Exists", spec.tolerations[1].operator: Invalid value: "Equal": operator must be Exists when \`key\` is empty, which means "match all values and all keys", spec.tolerations[2].operator: Invalid value: "x": value must be empty when \`operator\` is 'Exists']`,
    ],
    [
      'affinity to nothing',
      {},
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'probes of init containers',
      {},
      { initContainers: [{ name: 'i', image: 'x', livenessProbe: { tcpSocket: { port: 1 } } }] },
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ])('%s', async (_what, container, spec, causes) => {
    const body = {
      metadata: { name: 'x' },
      spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec },
    }
    const answer = await testServer().call('POST', pods, { body })
    expect([answer.status, answer.body.message]).toEqual([422, `Pod "x" is invalid: ${causes}`])
  })

  it('have nobody to run commands', async () => {
    const answer = await testServer().call('GET', `${pods}/x/exec`)
    expect(answer.body.message).toBe('pods "x" not found')
  })

  it('have printed nothing, once it is clear who', async () => {
    const { call } = testServer()
    const log = async (query: string): Promise<unknown[]> => {
      const { status, body } = await call('GET', `${pods}/x/log${query}`)
      return [status, body.message ?? body['text']]
    }
    expect(await log('')).toEqual([404, 'pods "x" not found'])
    const containers = ['c', 'd'].map((name) => ({ name, image: 'i' }))
    await call('POST', pods, { body: { metadata: { name: 'x' }, spec: { containers } } })
    const which = 'a container name must be specified for pod x, choose one of: [c d]'
    expect(await log('')).toEqual([400, which])
    expect(await log('?container=e')).toEqual([400, 'container e is not valid for pod x'])
    expect(await log('?container=c')).toEqual([204, ''])
    await call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' } } })
    await call('POST', `${pods}/x/binding`, { body: { metadata: { name: 'x' }, target: { name: 'n' } } })
    expect(await log('?container=c&follow=true')).toEqual([200, ''])
    expect(await log('?container=c&tailLines=-1')).toEqual([
      422,
      'PodLogOptions "x" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ])
    expect(await log('?tailLines=x')).toEqual([400, 'strconv.ParseInt: parsing "x": invalid syntax'])
  })
})
