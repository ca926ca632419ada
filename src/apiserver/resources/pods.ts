import { binding } from '../subresources/binding.ts'
import { eviction } from '../subresources/eviction.ts'
import { portForward } from '../subresources/port-forward.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { deepEqual, isRecord, type KubeObject } from '../../kube/object.ts'
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import { podSpecCauses, withPodSpecDefaults } from '../rules/pod-spec.ts'

type Pod = KubeObject & {
  spec?: {
    nodeName?: string
    terminationGracePeriodSeconds?: number
    containers?: unknown[]
    restartPolicy?: string
    schedulerName?: string
    serviceAccountName?: string
  }
  status?: { phase?: string; podIP?: string; containerStatuses?: { ready?: boolean; restartCount?: number }[] }
}

const spec = (pod: KubeObject): NonNullable<Pod['spec']> => (pod as Pod).spec ?? {}
const status = (pod: KubeObject): NonNullable<Pod['status']> => (pod as Pod).status ?? {}

/** Its containers have ended, and nobody starts them again. */
export const isOver = (pod: KubeObject): boolean => ['Failed', 'Succeeded'].includes(status(pod).phase ?? '')

function ready(pod: Pod): string {
  const statuses = pod.status?.containerStatuses ?? []
  return `${statuses.filter((container) => container.ready === true).length}/${pod.spec?.containers?.length ?? statuses.length}`
}

/** Source: k8s.io/kubernetes/pkg/apis/core/v1/helper/qos. */
function qosClass(spec: unknown): string {
  const containers = (isRecord(spec) && Array.isArray(spec['containers']) ? spec['containers'] : []) as {
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  }[]
  const none = containers.every(
    ({ resources: { requests, limits } = {} }) => requests === undefined && limits === undefined,
  )
  if (none) return 'BestEffort'
  const full = containers.every(({ resources: { requests, limits } = {} }) =>
    ['cpu', 'memory'].every(
      (name) => limits?.[name] !== undefined && (requests?.[name] ?? limits[name]) === limits[name],
    ),
  )
  return full ? 'Guaranteed' : 'Burstable'
}

/** Of a pod's spec little may change: images, tolerations, deadlines, gates. */
const mutable = [
  'containers',
  'initContainers',
  'activeDeadlineSeconds',
  'tolerations',
  'terminationGracePeriodSeconds',
  'schedulingGates',
]

function podCauses(pod: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  if (before === undefined) return podSpecCauses(pod.spec, 'spec')
  const rest = (object: KubeObject): object =>
    Object.fromEntries(
      Object.entries(isRecord(object.spec) ? object.spec : {}).filter(([name]) => !mutable.includes(name)),
    )
  if (deepEqual(rest(pod), rest(before))) return []
  return [
    forbiddenValue(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ]
}

export const pods = builtIn({
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  unserved: ['attach', 'ephemeralcontainers', 'exec', 'log', 'proxy', 'resize'],
  generation: true,
  // Who is on no node, or is over, has nothing to end. Source: pkg/registry/core/pod/strategy.go, CheckGracefulDelete.
  gracePeriod: (pod, asked) => {
    const { nodeName = '', terminationGracePeriodSeconds = 0 } = spec(pod)
    if (nodeName === '' || isOver(pod)) return 0
    const seconds = asked ?? terminationGracePeriodSeconds
    return seconds < 0 ? 1 : seconds
  },
  subresources: { binding, eviction, portforward: portForward },
  fieldSelectors: {
    'spec.nodeName': (pod) => spec(pod).nodeName ?? '',
    'spec.restartPolicy': (pod) => spec(pod).restartPolicy ?? '',
    'spec.schedulerName': (pod) => spec(pod).schedulerName ?? '',
    'spec.serviceAccountName': (pod) => spec(pod).serviceAccountName ?? '',
    'status.phase': (pod) => status(pod).phase ?? '',
    'status.podIP': (pod) => status(pod).podIP ?? '',
  },
  defaults: (pod) => ({
    ...pod,
    spec: { enableServiceLinks: true, ...withPodSpecDefaults(pod.spec) },
    status: { phase: 'Pending', qosClass: qosClass(pod.spec), ...(isRecord(pod.status) ? pod.status : {}) },
  }),
  // The Priority and DefaultTolerationSeconds admission plugins.
  complete: (pod) => {
    const { tolerations = [], ...rest } = pod.spec as { tolerations?: { key?: string; effect?: string }[] }
    const missing = ['not-ready', 'unreachable']
      .map((state) => `node.kubernetes.io/${state}`)
      .filter(
        (key) => !tolerations.some((each) => (each.key ?? key) === key && (each.effect ?? 'NoExecute') === 'NoExecute'),
      )
      .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
    return {
      ...pod,
      spec: {
        priority: 0,
        preemptionPolicy: 'PreemptLowerPriority',
        ...rest,
        tolerations: [...tolerations, ...missing],
      },
    }
  },
  validate: podCauses,
  columns: [
    computed('Ready', 'string', ready),
    computed('Status', 'string', (pod: Pod) =>
      pod.metadata.deletionTimestamp === undefined ? (pod.status?.phase ?? 'Pending') : 'Terminating',
    ),
    computed('Restarts', 'string', (pod: Pod) =>
      String(pod.status?.containerStatuses?.reduce((sum, container) => sum + (container.restartCount ?? 0), 0) ?? 0),
    ),
    ageColumn,
    orElse(column('IP', 'string', '.status.podIP', 1), '<none>'),
    orElse(column('Node', 'string', '.spec.nodeName', 1), '<none>'),
    orElse(column('Nominated Node', 'string', '.status.nominatedNodeName', 1), '<none>'),
    computed('Readiness Gates', 'string', () => '<none>', 1),
  ],
})
