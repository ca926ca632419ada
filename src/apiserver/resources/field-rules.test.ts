/** One field of a new object at a time: what a real kube-apiserver v1.36 says of it, error or warning. */
import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

type Json = Record<string, unknown>

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
}
const kinds: Readonly<Record<string, readonly [url: string, object: Json]>> = {
  Pod: ['/api/v1/namespaces/default/pods', pod],
  Deployment: [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: pod.spec },
      },
    },
  ],
  Service: [
    '/api/v1/namespaces/default/services',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } },
  ],
}

const long = 'a'.repeat(65)

const cases: readonly (readonly [kind: string, path: string, value: unknown, said: string])[] = [
  [
    'Pod',
    'spec.nodeName',
    7,
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string`,
  ],
  [
    'Pod',
    'spec.volumes',
    [{ name: 'v', emptyDir: 'x' }],
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource`,
  ],
  [
    'Pod',
    'spec.containers.0.imagePullPolicy',
    7,
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy`,
  ],
  [
    'Pod',
    'spec.containers.0.ports',
    'x',
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field Container.spec.containers.ports of type []v1.ContainerPort`,
  ],
  [
    'Pod',
    'spec.terminationGracePeriodSeconds',
    1.5,
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64`,
  ],
  [
    'Pod',
    'spec.nodeSelector',
    'x',
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.nodeSelector of type map[string]string`,
  ],
  [
    'Pod',
    'metadata.uid',
    7,
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.uid of type types.UID`,
  ],
  [
    'Pod',
    'spec.activeDeadlineSeconds',
    '1',
    `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64`,
  ],
  [
    'Pod',
    'metadata.labels',
    { a: long },
    `Pod "p" is invalid: metadata.labels: Invalid value: "${long}": must be no more than 63 bytes`,
  ],
  [
    'Pod',
    'spec.hostname',
    long,
    `Pod "p" is invalid: spec.hostname: Invalid value: "${long}": must be no more than 63 characters`,
  ],
  [
    'Pod',
    'spec.securityContext.runAsUser',
    -1,
    `Pod "p" is invalid: spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
  ],
  [
    'Pod',
    'spec.securityContext.sysctls',
    [{ name: 'Bad' }],
    `Pod "p" is invalid: spec.securityContext.sysctls[0].name: Invalid value: "Bad": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
  ],
  [
    'Pod',
    'spec.containers.0.securityContext',
    { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } },
    `Pod "p" is invalid: spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost`,
  ],
  [
    'Pod',
    'spec.containers.0.securityContext',
    { privileged: true, allowPrivilegeEscalation: false },
    `Pod "p" is invalid: spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
  ],
  [
    'Pod',
    'spec.dnsPolicy',
    'None',
    `Pod "p" is invalid: spec.dnsConfig: Required value: must provide \`dnsConfig\` when \`dnsPolicy\` is None`,
  ],
  [
    'Pod',
    'spec.dnsConfig',
    { nameservers: ['x'], searches: ['-a'], options: [{}] },
    `Pod "p" is invalid: [spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.dnsConfig.searches[0]: Invalid value: "-a": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*'), spec.dnsConfig.options[0]: Required value: must not be empty]`,
  ],
  [
    'Pod',
    'spec.hostAliases',
    [{ ip: 'x', hostnames: ['A'] }],
    `Pod "p" is invalid: [spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.hostAliases[0].hostnames[0]: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')]`,
  ],
  [
    'Pod',
    'spec.topologySpreadConstraints',
    [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x', labelSelector: {} }],
    `Pod "p" is invalid: [spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty, spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "x": supported values: "DoNotSchedule", "ScheduleAnyway"]`,
  ],
  [
    'Pod',
    'spec.affinity',
    {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 0, podAffinityTerm: { topologyKey: '', labelSelector: {} } },
        ],
      },
    },
    `Pod "p" is invalid: [spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100, spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Required value: can not be empty, spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Invalid value: "": name part must be non-empty, spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')]`,
  ],
  [
    'Pod',
    'spec.containers.0.envFrom',
    [{ prefix: 'x' }],
    `Pod "p" is invalid: spec.containers[0].envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
  ],
  [
    'Pod',
    'spec.containers.0.env',
    [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }],
    `Pod "p" is invalid: spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
  ],
  [
    'Pod',
    'spec.containers.0.env',
    [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.restartPolicy' } } }],
    `Pod "p" is invalid: spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.restartPolicy": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
  ],
  [
    'Pod',
    'spec.volumes',
    [{ name: 'v', projected: { sources: [{ secret: { name: 'a' }, configMap: { name: 'b' } }] } }],
    `Pod "p" is invalid: spec.volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`,
  ],
  [
    'Pod',
    'spec.volumes',
    [{ name: 'v', downwardAPI: { items: [{ path: '../x' }] } }],
    `Pod "p" is invalid: [spec.volumes[0].downwardAPI.path: Invalid value: "../x": must not contain '..', spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required]`,
  ],
  [
    'Pod',
    'spec.volumes',
    [{ name: 'v', secret: { secretName: 's', defaultMode: 1000, items: [{ key: 'k', path: '/x' }] } }],
    `Pod "p" is invalid: [spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive, spec.volumes[0].secret.items[0].path: Invalid value: "/x": must be a relative path]`,
  ],
  [
    'Pod',
    'spec.containers.0.volumeMounts',
    [{ name: 'v', mountPath: '/m', subPath: '/x', mountPropagation: 'Bidirectional' }],
    `Pod "p" is invalid: [spec.containers[0].volumeMounts[0].name: Not found: "v", spec.containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path, spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers]`,
  ],
  [
    'Pod',
    'spec.containers.0.livenessProbe',
    { exec: { command: ['x'] }, successThreshold: 2 },
    `Pod "p" is invalid: spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1`,
  ],
  [
    'Pod',
    'spec.containers.0.readinessProbe',
    { httpGet: { port: 80, scheme: 'x', httpHeaders: [{ name: 'a b' }] }, terminationGracePeriodSeconds: 1 },
    `Pod "p" is invalid: [spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: "x": supported values: "HTTP", "HTTPS", spec.containers[0].readinessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+'), spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes]`,
  ],
  [
    'Pod',
    'spec.containers.0.lifecycle',
    { preStop: {} },
    `Pod "p" is invalid: spec.containers[0].lifecycle.preStop: Required value: must specify a handler type`,
  ],
  [
    'Pod',
    'spec.containers.0.resources',
    { limits: { cpu: '1', 'x.dev/gpu': '1' }, requests: { cpu: '2', 'x.dev/gpu': '2' } },
    `Pod "p" is invalid: [spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1, spec.containers[0].resources.requests: Invalid value: "2": must be equal to x.dev/gpu limit of 1]`,
  ],
  [
    'Pod',
    'spec.containers.0.terminationMessagePolicy',
    'x',
    `Pod "p" is invalid: spec.containers[0].terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"`,
  ],
  [
    'Pod',
    'spec.ephemeralContainers',
    [{ name: 'e', image: 'i' }],
    `Pod "p" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create`,
  ],
  ['Pod', 'spec.runtimeClassName', 'x', `pods "p" is forbidden: pod rejected: RuntimeClass "x" not found`],
  [
    'Pod',
    'spec.nodeSelector',
    { 'beta.kubernetes.io/os': 'linux' },
    `299 - "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \\"kubernetes.io/os\\" instead"`,
  ],
  [
    'Pod',
    'spec.containers.0.env',
    [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ],
    `299 - "spec.containers[0].env[1]: hides previous definition of \\"A\\", which may be dropped when using apply"`,
  ],
  [
    'Pod',
    'spec.containers.0.resources',
    { requests: { memory: '1.5' } },
    `299 - "spec.containers[0].resources.requests[memory]: fractional byte value \\"1500m\\" is invalid, must be an integer"`,
  ],
  [
    'Pod',
    'spec.volumes',
    [
      {
        name: 'v',
        configMap: {
          name: 'c',
          items: [
            { key: 'a', path: 'p' },
            { key: 'b', path: 'p/q' },
          ],
        },
      },
    ],
    `299 - "volume \\"v\\" (ConfigMap \\"c\\"): overlapping paths: \\"p/q\\" with \\"p\\""`,
  ],
  [
    'Deployment',
    'spec.template.metadata.annotations',
    { 'bad key!': 'x' },
    `Deployment.apps "d" is invalid: spec.template.annotations: Invalid value: "bad key!": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  ],
  [
    'Deployment',
    'spec.strategy.type',
    'x',
    `Deployment.apps "d" is invalid: spec.strategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"`,
  ],
  [
    'Deployment',
    'spec.template.spec.imagePullSecrets',
    [{ name: 'a' }, { name: 'a' }],
    `299 - "spec.template.spec.imagePullSecrets[1].name: duplicate name \\"a\\""`,
  ],
  [
    'Service',
    'spec.ports.0.nodePort',
    80,
    `Service "s" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when \`type\` is 'ClusterIP'`,
  ],
  [
    'Service',
    'spec.trafficDistribution',
    'x',
    `Service "s" is invalid: spec.trafficDistribution: Unsupported value: "x": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"`,
  ],
  [
    'Service',
    'spec.clusterIPs',
    ['x'],
    `Service "s" is invalid: [spec.clusterIPs: Invalid value: ["x"]: must be empty when \`clusterIP\` is not specified, spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]`,
  ],
  [
    'Service',
    'metadata.generation',
    -1,
    `Service "s" is invalid: metadata.generation: Invalid value: -1: must be greater than or equal to 0`,
  ],
]

/** A copy with the value at the path; what is missing on the way is made. */
function withField(object: Json, path: string, value: unknown): Json {
  const copy = structuredClone(object)
  const steps = path.split('.')
  const last = steps.pop() as string
  const place = steps.reduce<Json>((at, step) => (at[step] ??= {}) as Json, copy)
  place[last] = value
  return copy
}

describe('one field at a time', () => {
  it.each(cases)('%s %s', async (kind, path, value, said) => {
    const { call } = testServer()
    const [url, object] = kinds[kind] as (typeof kinds)[string]
    const { status, body, headers } = await call('POST', `${url}?dryRun=All`, { body: withField(object, path, value) })
    expect(status >= 400 ? body.message : [headers['warning']].flat()[0]).toBe(said)
  })
})
