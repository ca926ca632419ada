/** The checks of `capstorm doctor`, in the order in which their findings are read. */
import { configMaps } from '../../apiserver/resources/configmaps.ts'
import { customResourceDefinitions } from '../../apiserver/resources/customresourcedefinitions.ts'
import { mutatingWebhookConfigurations } from '../../apiserver/resources/mutatingwebhookconfigurations.ts'
import { validatingWebhookConfigurations } from '../../apiserver/resources/validatingwebhookconfigurations.ts'
import type { CustomResourceDefinition } from '../../apiserver/custom/definition-of.ts'
import { sleep } from '../../base/clock.ts'
import type { Client, KindRef } from '../../kube/client.ts'
import { objectKey, type KubeObject } from '../../kube/object.ts'
import { isNotFound, isStatus } from '../../kube/status.ts'
import { delaysOf } from '../../provider/controllers/dev-machine.ts'
import type { DevCluster } from '../../provider/kinds/dev-cluster.ts'
import type { DevMachineTemplate } from '../../provider/kinds/templates.ts'
import { clusterKind, devClusterKind, devMachineTemplateKind, machineHealthCheckKind } from '../../soak/kinds.ts'
import type { WebhookConfiguration } from '../released/webhooks.ts'
import type { Check, Finding } from './check.ts'

const oldest = [1, 22] as const

const version: Check = async ({ client }) => {
  const { gitVersion, major, minor } = (await client.raw('/version')) as Record<
    'gitVersion' | 'major' | 'minor',
    string
  >
  const old = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number.parseInt(minor) < oldest[1])
  return old
    ? [
        {
          level: 'wrong',
          what: `the management cluster is ${gitVersion}`,
          advice: 'Cluster API with ClusterClass needs v1.22 or newer',
        },
      ]
    : [{ level: 'ok', what: `the management cluster is ${gitVersion}` }]
}

const contractKinds = [
  'clusters.cluster.x-k8s.io',
  'kubeadmcontrolplanes.controlplane.cluster.x-k8s.io',
  'kubeadmconfigs.bootstrap.cluster.x-k8s.io',
  'devclusters.infrastructure.cluster.x-k8s.io',
  'devmachines.infrastructure.cluster.x-k8s.io',
  'devclustertemplates.infrastructure.cluster.x-k8s.io',
  'devmachinetemplates.infrastructure.cluster.x-k8s.io',
]

/** Core finds the version of a kind to read by a label; without it every reconcile that follows a reference fails. */
const contracts: Check = async ({ client }) => {
  const items = (await client.list<CustomResourceDefinition>(customResourceDefinitions)).items
  const byName = new Map(items.map((crd) => [crd.metadata.name, crd]))
  const findings = contractKinds.flatMap((name): Finding[] => {
    const crd = byName.get(name)
    if (crd === undefined) {
      const ours = name.includes('infrastructure.')
      const advice = ours
        ? 'capstorm components | kubectl apply -f -'
        : 'install Cluster API’s core and kubeadm providers'
      return [{ level: 'wrong', what: `${name} is not served`, advice }]
    }
    const labels = crd.metadata.labels ?? {}
    if (labels['cluster.x-k8s.io/v1beta2'] !== undefined) return []
    const old = labels['cluster.x-k8s.io/v1beta1'] !== undefined
    return [
      {
        level: old ? 'doubtful' : 'wrong',
        what: `${name} has ${old ? 'the contract label of v1beta1 only' : 'no contract label'}`,
        advice: `kubectl label crd ${name} cluster.x-k8s.io/v1beta2=v1beta2`,
      },
    ]
  })
  return findings.length > 0 ? findings : [{ level: 'ok', what: 'every kind is served and has its contract label' }]
}

interface Asked {
  readonly what: string
  readonly url: string | undefined
  /** Nobody can write, or read, while it does not answer. */
  readonly needed: boolean
}

const admissionWebhooks = async (client: Client): Promise<Asked[]> => {
  const kinds = [mutatingWebhookConfigurations, validatingWebhookConfigurations]
  const configurations = await Promise.all(kinds.map((kind) => listed<WebhookConfiguration>(client, kind)))
  return configurations.flat().flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map(({ name, clientConfig, failurePolicy = 'Fail' }) => ({
      what: `webhook ${name} of ${metadata.name}`,
      url: clientConfig.url,
      needed: failurePolicy === 'Fail',
    })),
  )
}

const conversionWebhooks = async (client: Client): Promise<Asked[]> =>
  (await listed<CustomResourceDefinition>(client, customResourceDefinitions)).map(({ metadata, spec }) => ({
    what: `the conversion webhook of ${metadata.name}`,
    url: spec.conversion?.webhook?.clientConfig?.url,
    needed: true,
  }))

/** A webhook that is needed and that nobody answers refuses every write of its kinds. */
const webhooks: Check = async ({ client, reaches }) => {
  const findings: Finding[] = []
  let reached = 0
  for (const { what, url, needed } of [...(await admissionWebhooks(client)), ...(await conversionWebhooks(client))]) {
    if (url === undefined) continue // a Service's, which only the cluster itself can reach
    const { hostname, port } = new URL(url)
    if (await reaches(hostname, Number(port === '' ? 443 : port))) reached++
    else
      findings.push({
        level: needed ? 'wrong' : 'doubtful',
        what: `${what} does not answer at ${url}`,
        advice: `start the manager that serves it on port ${port}, or delete the configuration`,
      })
  }
  if (findings.length > 0) return findings
  return reached === 0 ? [] : [{ level: 'ok', what: `${reached} webhooks answer` }]
}

const endpoints: Check = async ({ client, reaches }) => {
  const findings: Finding[] = []
  let reached = 0
  for (const { metadata, spec } of await listed<DevCluster>(client, devClusterKind)) {
    const { host, port } = spec?.controlPlaneEndpoint ?? {}
    if (host === undefined || port === undefined) continue
    if (await reaches(host, port)) reached++
    else
      findings.push({
        level: 'doubtful',
        what: `cluster ${objectKey(metadata)} is not reachable from here at ${host}:${port}`,
        advice:
          'a cluster without a running API server is normal; else check that the provider runs and that --host is an address of its machine',
      })
  }
  if (findings.length > 0) return findings
  return reached === 0 ? [] : [{ level: 'ok', what: `${reached} workload clusters are reachable from here` }]
}

type HealthCheck = KubeObject & {
  readonly spec: {
    readonly clusterName: string
    readonly checks?: {
      readonly nodeStartupTimeoutSeconds?: number
      readonly unhealthyMachineConditions?: readonly { readonly type: string; readonly timeoutSeconds: number }[]
    }
  }
}

/** What a first machine waits for beyond its own start: the managers look for a new cluster again after so long. */
const reconnectSeconds = 30
const startingConditions = ['NodeReady', 'NodeHealthy', 'InfrastructureReady', 'BootstrapConfigReady']

/** A health check that is shorter than a start replaces the first control-plane machine again and again. */
const healthChecks: Check = async ({ client }) => {
  const templates = await listed<DevMachineTemplate>(client, devMachineTemplateKind)
  const slowest = Math.max(0, ...templates.map(startSeconds))
  const needed = slowest + reconnectSeconds
  const findings = (await listed<HealthCheck>(client, machineHealthCheckKind)).flatMap(
    ({ metadata, spec }): Finding[] => {
      const { nodeStartupTimeoutSeconds = 600, unhealthyMachineConditions = [] } = spec.checks ?? {}
      const limits = [
        ...(nodeStartupTimeoutSeconds === 0 ? [] : [nodeStartupTimeoutSeconds]),
        ...unhealthyMachineConditions
          .filter(({ type }) => startingConditions.includes(type))
          .map((each) => each.timeoutSeconds),
      ]
      const shortest = Math.min(...limits)
      if (shortest >= needed) return []
      return [
        {
          level: 'wrong',
          what: `MachineHealthCheck ${objectKey(metadata)} gives a machine ${shortest} s to start; it takes up to ${Math.ceil(slowest)} s, and the managers’ next look at a new cluster up to ${reconnectSeconds} s more`,
          advice: `raise nodeStartupTimeoutSeconds, and the timeouts of NodeReady conditions, above ${Math.ceil(needed)}; else the first control-plane machine is replaced for ever`,
        },
      ]
    },
  )
  return findings
}

/** VM, then node, then the slower of etcd and API server, each with its greatest jitter. */
function startSeconds({ spec }: DevMachineTemplate): number {
  const delays = delaysOf(spec?.template?.spec?.backend?.inMemory ?? {})
  const seconds = (part: keyof typeof delays): number => (delays[part].duration / 1000) * (1 + delays[part].jitter)
  return seconds('vm') + seconds('node') + Math.max(seconds('etcd'), seconds('apiServer'))
}

const stuck: Check = async ({ client }) =>
  (await listed(client, clusterKind))
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined && metadata.finalizers?.length !== 0)
    .map(({ metadata }) => ({
      level: 'doubtful' as const,
      what: `cluster ${objectKey(metadata)} has been in deletion since ${metadata.deletionTimestamp}`,
      advice: 'check that the managers and the provider run',
    }))

const patienceMs = 10_000
const lookEveryMs = 250

/**
 * Without a garbage collector nothing goes with its owner: MachineHealthChecks, Secrets and templates outlive their
 * clusters. Seen by an object whose owner is missing, which it deletes at once.
 */
const garbageCollector: Check = async ({ client, clock }) => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'capstorm-doctor-nobody', uid: 'nobody' }
  let name: string
  try {
    const metadata = {
      generateName: 'capstorm-doctor-',
      namespace: 'default',
      ownerReferences: [owner],
    } as never as KubeObject['metadata']
    const probe = await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    name = probe.metadata.name
  } catch (error) {
    if (!isStatus(error, 'Forbidden')) throw error
    return [{ level: 'doubtful', what: `whether garbage is collected can’t be seen: ${(error as Error).message}` }]
  }
  for (let waited = 0; waited < patienceMs; waited += lookEveryMs) {
    await sleep(clock, lookEveryMs)
    try {
      await client.get(configMaps, 'default', name)
    } catch (error) {
      if (isNotFound(error)) return [{ level: 'ok', what: 'garbage is collected' }]
      throw error
    }
  }
  await client.delete(configMaps, 'default', name)
  return [
    {
      level: 'wrong',
      what: 'no garbage collector runs: what a cluster owns outlives it',
      advice: 'start kube-controller-manager for the management cluster',
    },
  ]
}

/** Nothing where the kind is not served: that is another check's finding. */
async function listed<T extends KubeObject>(client: Client, kind: KindRef): Promise<readonly T[]> {
  try {
    return (await client.list<T>(kind)).items
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

export const checks: readonly Check[] = [version, contracts, webhooks, garbageCollector, endpoints, healthChecks, stuck]
