import { binding } from '../subresources/binding.ts'
import { eviction } from '../subresources/eviction.ts'
import { portForward } from '../subresources/port-forward.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { deepEqual, isRecord, type KubeObject } from '../../kube/object.ts'
import { podSpecCauses, withPodDefaults } from '../rules/pod-spec.ts'
import { admitPod } from '../rules/pod-admission.ts'
import { podChangeCauses } from '../rules/pod-change.ts'
import { podGates, podReady, podRestarts, podRowConditions, podStatus } from '../rules/pod-columns.ts'

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
    spec: withPodDefaults(pod.spec),
    status: { phase: 'Pending', qosClass: qosClass(pod.spec), ...(isRecord(pod.status) ? pod.status : {}) },
  }),
  complete: admitPod,
  rowConditions: podRowConditions,
  validate: (pod, before) =>
    before === undefined
      ? podSpecCauses(pod.spec, 'spec')
      : deepEqual(pod.spec, before.spec)
        ? []
        : [...podSpecCauses(pod.spec, 'spec'), ...podChangeCauses(pod, before)],
  columns: [
    computed('Ready', 'string', podReady),
    computed('Status', 'string', podStatus),
    computed('Restarts', 'string', podRestarts),
    ageColumn,
    orElse(column('IP', 'string', '.status.podIP', 1), '<none>'),
    orElse(column('Node', 'string', '.spec.nodeName', 1), '<none>'),
    orElse(column('Nominated Node', 'string', '.status.nominatedNodeName', 1), '<none>'),
    computed('Readiness Gates', 'string', podGates, 1),
  ],
})
