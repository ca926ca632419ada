/** Whose words these are: kube-apiserver v1.36, asked the same. */
import { expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const selector = { matchLabels: { a: 'b' } }

/** A pod with that, whose one container has that besides. */
const pod = (spec: object, container: object = {}, annotations: object = {}): object => ({
  metadata: { name: 'x', annotations },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
})
const zone = 'failure-domain.beta.kubernetes.io/zone'

it.each<[string, string, object, string[]]>([
  [
    'labels of nodes that have other names',
    `${here}/pods`,
    pod({
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'Exists' }] }],
          },
        },
      },
    }),
    [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      `spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: ${zone} is deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
    ],
  ],
  [
    'what of a pod has no effect',
    `${here}/pods`,
    pod(
      { volumes: [{ name: 'g', gitRepo: { repository: 'x' } }], imagePullSecrets: [{ name: '' }] },
      {},
      {
        'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
        'scheduler.alpha.kubernetes.io/critical-pod': '',
      },
    ),
    [
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
      'spec.imagePullSecrets[0].name: invalid empty name ""',
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
  ],
  [
    'what stands twice, and parts of bytes',
    `${here}/pods`,
    pod(
      {},
      {
        env: ['1', '2'].map((value) => ({ name: 'A', value })),
        ports: [{ containerPort: 80 }, { containerPort: 80 }],
        resources: { limits: { memory: '400m' }, requests: { memory: '0' } },
      },
    ),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "400m" is invalid, must be an integer',
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
      'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
    ],
  ],
  [
    'the template of a workload',
    '/apis/apps/v1/namespaces/default/deployments',
    {
      metadata: { name: 'x' },
      spec: {
        selector,
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'c', image: 'i' }], nodeSelector: { 'beta.kubernetes.io/arch': 'arm' } },
        },
      },
    },
    [
      'spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ],
  ],
  [
    'addresses in another than the usual form',
    `${here}/services`,
    { metadata: { name: 'x' }, spec: { clusterIP: 'None', externalIPs: ['2001:DB8::0:1'], ports: [{ port: 80 }] } },
    [
      'spec.externalIPs is ignored for headless services',
      'spec.externalIPs[0]: IPv6 address "2001:DB8::0:1" should be in RFC 5952 canonical format ("2001:db8::1")',
    ],
  ],
  [
    'blocks of addresses in another than the usual form',
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    {
      metadata: { name: 'x' },
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '2001:DB8::0/32' } }] }] },
    },
    [
      'spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::0/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
    ],
  ],
  [
    'an account whose secrets are enforced',
    `${here}/serviceaccounts`,
    { metadata: { name: 'x', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } },
    [
      'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
    ],
  ],
  [
    'an ingress with its class in an annotation',
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    {
      metadata: { name: 'x', annotations: { 'kubernetes.io/ingress.class': 'x' } },
      spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } },
    },
    [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`],
  ],
  [
    'a volume of old',
    '/api/v1/persistentvolumes',
    {
      metadata: { name: 'x', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/x' },
        persistentVolumeReclaimPolicy: 'Recycle',
      },
    },
    [
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    ],
  ],
  [
    'a class of volumes by an old label',
    '/apis/storage.k8s.io/v1/storageclasses',
    {
      metadata: { name: 'x' },
      provisioner: 'x/y',
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'beta.kubernetes.io/arch', values: ['a'] }] }],
    },
    ['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ],
])('%s are warned of', async (_, path, body, warnings) => {
  const { call } = testServer()
  const { status, headers } = await call('POST', path, { body })
  expect([status, headers['warning']]).toEqual([201, warnings.map((text) => `299 - ${JSON.stringify(text)}`)])
})

it('what is refused is not warned of, but what is valid and refused for another reason is', async () => {
  const { call } = testServer()
  const deprecated = { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }
  const invalid = await call('POST', `${here}/pods`, { body: pod({ ...deprecated, restartPolicy: 'Sometimes' }) })
  expect([invalid.status, invalid.headers['warning']]).toEqual([422, undefined])
  await call('POST', `${here}/pods`, { body: pod({}) })
  const taken = await call('POST', `${here}/pods`, { body: pod(deprecated) })
  expect([taken.status, taken.headers['warning']]).toEqual([409, [expect.stringContaining('spec.nodeSelector')]])
})
