/**
 * What the real server's admission plugins do to a new pod: ServiceAccount, Priority, DefaultTolerationSeconds,
 * RuntimeClass, PodTopologyLabels. Source: k8s.io/kubernetes/plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds}.
 */
import { forbidden } from '../../kube/status.ts'
import type { Objects } from '../definition.ts'
import { nodes } from '../resources/nodes.ts'
import { priorityClasses } from '../resources/priorityclasses.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import type { KubeObject } from '../types.ts'
import { pathSegmentProblems } from './metadata.ts'
import type { Toleration } from './placement.ts'
import { mirrorAnnotation } from './pod-annotations.ts'
import { withRuntimeClass } from './pod-runtime-class.ts'
import { topologyLabels, withLabels } from './pod-topology.ts'

interface Mount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly: boolean
}

interface Container {
  readonly volumeMounts?: readonly Mount[]
}

interface PodSpec {
  readonly nodeName?: string
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly volumes?: readonly { readonly name: string; readonly projected?: object }[]
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly imagePullSecrets?: readonly object[]
  readonly priorityClassName?: string
  readonly runtimeClassName?: string
  readonly overhead?: Readonly<Record<string, string>>
  readonly priority?: number
  readonly preemptionPolicy?: string
  readonly tolerations?: readonly Toleration[]
}

export function admitPod(pod: KubeObject, objects: Objects): KubeObject {
  const spec = pod.spec as PodSpec
  const isMirror = pod.metadata.annotations?.[mirrorAnnotation] !== undefined
  if (isMirror && spec.serviceAccountName !== undefined)
    throw refused(pod, 'a mirror pod may not reference service accounts')
  const accounted = isMirror ? spec : withAccount(pod, spec, objects)
  const ranked = withTolerations(withPriority(pod, accounted, objects))
  const { nodeName = '' } = spec
  const node = nodeName === '' ? undefined : objects.get(nodes, nodeName)?.value
  return withLabels({ ...pod, spec: withRuntimeClass(pod, ranked, objects) }, topologyLabels(node))
}

/** What an update may leave out: what admission gave the pod. */
export function readmitPod(pod: KubeObject, before: KubeObject): KubeObject {
  const [spec, was] = [pod.spec as PodSpec, before.spec as PodSpec]
  const kept = Object.fromEntries(
    (['priority', 'preemptionPolicy'] as const)
      .filter((name) => spec[name] === undefined && was[name] !== undefined)
      .map((name) => [name, was[name]]),
  )
  return { ...pod, spec: withTolerations({ ...spec, ...kept }) }
}

const refused = ({ metadata: { name } }: KubeObject, why: string): Error =>
  forbidden({ group: '', resource: 'pods', name }, `pods "${name}" is forbidden: ${why}`)

/** Where nobody makes default accounts, pods that name none do without. */
function withAccount(pod: KubeObject, spec: PodSpec, objects: Objects): PodSpec {
  const { namespace = '' } = pod.metadata
  const { serviceAccountName = 'default' } = spec
  const account = objects.get(serviceAccounts, `${namespace}/${serviceAccountName}`)?.value
  if (account === undefined) {
    if (spec.serviceAccountName === undefined) return spec
    const problems = pathSegmentProblems(serviceAccountName)
    const why =
      problems.length === 0
        ? `serviceaccount "${serviceAccountName}" not found`
        : `invalid resource name ${JSON.stringify(serviceAccountName)}: [${problems.join(' ')}]`
    throw refused(pod, `error looking up service account ${namespace}/${serviceAccountName}: ${why}`)
  }
  const automount = spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true
  const secrets = spec.imagePullSecrets ?? (account['imagePullSecrets'] as object[] | undefined)
  return {
    ...(automount === true ? withToken(spec, `${tokenVolume}-${objects.suffix('token', pod.metadata.name)}`) : spec),
    serviceAccountName,
    ...{ serviceAccount: serviceAccountName },
    ...(secrets === undefined ? {} : { imagePullSecrets: secrets }),
  }
}

const tokenVolume = 'kube-api-access'
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'

function withToken(spec: PodSpec, fresh: string): PodSpec {
  const known = spec.volumes?.find((volume) => volume.name.startsWith(`${tokenVolume}-`))
  const name = known?.name ?? fresh
  const lacks = ({ volumeMounts = [] }: Container): boolean =>
    volumeMounts.every((each) => each.mountPath !== tokenPath)
  const mounted = (list: readonly Container[] | undefined): readonly Container[] | undefined =>
    list?.map((container) =>
      lacks(container)
        ? {
            ...container,
            volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }],
          }
        : container,
    )
  const needed = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some(lacks)
  const { initContainers, volumes = [] } = spec
  const containers = spec.containers ?? []
  return {
    ...spec,
    ...(initContainers === undefined ? {} : { initContainers: mounted(initContainers) as Container[] }),
    containers: mounted(containers) as Container[],
    ...(known === undefined && needed ? { volumes: [...volumes, { name, projected: tokenSource }] } : {}),
  }
}

/** An hour and seven seconds: nobody else asks for that. */
const tokenSource = {
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 420,
}

interface Priority {
  readonly name?: string
  readonly value: number
  readonly preemptionPolicy: string
}

/** The class that a pod names, the default one, or none: 0. */
function priorityOf(pod: KubeObject, { priorityClassName: name = '' }: PodSpec, objects: Objects): Priority {
  const found =
    name === ''
      ? objects.all(priorityClasses).find((each) => each['globalDefault'] === true)
      : objects.get(priorityClasses, name)?.value
  if (found === undefined) {
    if (name !== '') throw refused(pod, `no PriorityClass with name ${name} was found`)
    return { value: 0, preemptionPolicy: 'PreemptLowerPriority' }
  }
  const { value, preemptionPolicy } = found as KubeObject & Priority
  return { name: found.metadata.name, value, preemptionPolicy }
}

function withPriority(pod: KubeObject, spec: PodSpec, objects: Objects): PodSpec {
  const { name, value, preemptionPolicy } = priorityOf(pod, spec, objects)
  const computed = 'priority admission controller computed'
  if (spec.priority !== undefined && spec.priority !== value)
    throw refused(
      pod,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ${computed} ${value} from the given PriorityClass name`,
    )
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy)
    throw refused(
      pod,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; ${computed} ${preemptionPolicy} from the given PriorityClass name`,
    )
  return { ...spec, ...(name === undefined ? {} : { priorityClassName: name }), priority: value, preemptionPolicy }
}

/** A pod outlives its node's silence for five minutes, unless it says otherwise. */
function withTolerations(spec: PodSpec): PodSpec {
  const { tolerations = [] } = spec
  const missing = ['not-ready', 'unreachable']
    .map((state) => `node.kubernetes.io/${state}`)
    .filter(
      (key) => !tolerations.some((each) => (each.key ?? key) === key && (each.effect ?? 'NoExecute') === 'NoExecute'),
    )
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
  return { ...spec, tolerations: [...tolerations, ...missing] }
}
