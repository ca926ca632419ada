import { binding } from '../subresources/binding.ts'
import { eviction } from '../subresources/eviction.ts'
import { attach, exec } from '../subresources/exec.ts'
import { log } from '../subresources/log.ts'
import { portForward } from '../subresources/port-forward.ts'
import { podProxy } from '../subresources/proxy.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { deepEqual } from '../../kube/object.ts'
import { podSpecCauses, withPodDefaults } from '../rules/pod-spec.ts'
import { requirePodWithinLimits, withUsualResources } from '../rules/limit-ranger.ts'
import { admitPod, readmitPod } from '../rules/pod-admission.ts'
import { changedEphemeralCauses, withEphemeralContainers } from '../rules/ephemeral-container.ts'
import { resizeCauses, withResources } from '../rules/pod-resize.ts'
import { addressWarnings } from '../rules/address.ts'
import { qosClass } from '../rules/qos.ts'
import { isOver, podStatusCauses, withAddresses, withKeptStatus } from '../rules/pod-status.ts'
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import { podChangeCauses } from '../rules/pod-change.ts'
import { podGates, podReady, podRestarts, podRowConditions, podStatus } from '../rules/pod-columns.ts'
import { withoutGated } from '../rules/pod-gates.ts'
import { changedAnnotationCauses, podAnnotationCauses } from '../rules/pod-annotations.ts'
import { withLabelKeys } from '../rules/label-keys.ts'
import { requireRuntimeOverhead } from '../rules/pod-runtime-class.ts'
import { podWarnings } from '../rules/pod-warnings.ts'
import { appArmorWarnings, contraryProfileCauses, withAppArmorFields } from '../rules/security-annotations.ts'
import { nameWarnings } from '../rules/template-warnings.ts'
import { podQuota } from '../quota/pods.ts'

type Pod = KubeObject & {
  spec?: {
    nodeName?: string
    terminationGracePeriodSeconds?: number
    containers?: unknown[]
    ephemeralContainers?: unknown[]
    schedulingGates?: unknown[]
    restartPolicy?: string
    schedulerName?: string
    serviceAccountName?: string
  }
  status?: {
    podIPs?: { ip?: string }[]
    hostIPs?: { ip?: string }[]
    phase?: string
    podIP?: string
    containerStatuses?: { ready?: boolean; restartCount?: number }[]
  }
}

const spec = (pod: KubeObject): NonNullable<Pod['spec']> => (pod as Pod).spec ?? {}
const status = (pod: KubeObject): NonNullable<Pod['status']> => (pod as Pod).status ?? {}

/** Its containers have ended, and nobody starts them again. */
const changes: Readonly<Record<string, typeof podChangeCauses>> = {
  ephemeralcontainers: changedEphemeralCauses,
  resize: resizeCauses,
}

const notOnCreate = forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')

function podCauses(pod: KubeObject, before?: KubeObject, subresource?: string): Required<StatusCause>[] {
  const { annotations } = pod.metadata
  const annotated = podAnnotationCauses(annotations, spec(pod), annotationsAt)
  const own = (): Required<StatusCause>[] => [...annotated, ...podSpecCauses(pod.spec, 'spec')]
  if (before === undefined) return [...own(), ...newPodCauses(pod)]
  const changed = changedAnnotationCauses(annotations, before.metadata.annotations, spec(pod), annotationsAt)
  if (subresource === 'status') return [...changed, ...podStatusCauses(pod, before)]
  if (subresource !== 'resize' && deepEqual(pod.spec, before.spec)) return [...annotated, ...changed]
  return [...own(), ...changed, ...(changes[subresource ?? ''] ?? podChangeCauses)(pod, before)]
}

const annotationsAt = 'metadata.annotations'

/** Source: ValidatePodCreate. */
const newPodCauses = (pod: KubeObject): Required<StatusCause>[] => [
  ...(spec(pod).ephemeralContainers?.length ? [notOnCreate] : []),
  ...((spec(pod).nodeName ?? '') !== '' && spec(pod).schedulingGates?.length
    ? [forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
    : []),
  ...contraryProfileCauses(pod.metadata.annotations ?? {}, spec(pod), 'spec'),
]

const pending = (pod: KubeObject): KubeObject => ({
  ...pod,
  status: { phase: 'Pending', qosClass: qosClass(pod.spec), ...status(pod) },
})

/** Less than no time to end is the least there is. */
const withGrace = (pod: KubeObject): KubeObject =>
  (spec(pod).terminationGracePeriodSeconds ?? 0) < 0
    ? { ...pod, spec: { ...spec(pod), terminationGracePeriodSeconds: 1 } }
    : pod

/** What containers get by default counts for their pod's class. */
function limited(pod: KubeObject, objects: Objects): KubeObject {
  const limited = withUsualResources(pod, objects)
  return limited === pod ? pod : { ...limited, status: { ...status(pod), qosClass: qosClass(limited.spec) } }
}

/** The scheduler leaves a pod with gates alone, and the server says so. Source: applySchedulingGatedCondition. */
function withGatedCondition(pod: KubeObject): KubeObject {
  if (!spec(pod).schedulingGates?.length) return pod
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: pod.metadata.creationTimestamp,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  }
  return { ...pod, status: { ...(pod.status as object), conditions: [condition] } }
}

/** Source: pkg/registry/core/pod/strategy.go. */
const addressesWarnings = (pod: KubeObject): string[] =>
  (['podIPs', 'hostIPs'] as const).flatMap((list) =>
    (status(pod)[list] ?? []).flatMap(({ ip = '' }, index) => addressWarnings(`status.${list}[${index}].ip`, ip)),
  )

export const pods = builtIn({
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  quota: podQuota,
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  statusLeaves: 'ownerReferences',
  parts: { ephemeralcontainers: withEphemeralContainers, resize: withResources },
  // Whoever writes those owns all that it says, the rest of the pod too.
  unowned: { ephemeralcontainers: {}, resize: {} },
  generation: true,
  // Who is on no node, or is over, has nothing to end. Source: pkg/registry/core/pod/strategy.go, CheckGracefulDelete.
  gracePeriod: (pod, asked) => {
    const { nodeName = '', terminationGracePeriodSeconds = 0 } = spec(pod)
    if (nodeName === '' || isOver(pod)) return 0
    const seconds = asked ?? terminationGracePeriodSeconds
    return seconds < 0 ? 1 : seconds
  },
  subresources: { attach, binding, eviction, exec, log, portforward: portForward, proxy: podProxy },
  fieldSelectors: {
    'spec.nodeName': (pod) => spec(pod).nodeName ?? '',
    'spec.restartPolicy': (pod) => spec(pod).restartPolicy ?? '',
    'spec.schedulerName': (pod) => spec(pod).schedulerName ?? '',
    'spec.serviceAccountName': (pod) => spec(pod).serviceAccountName ?? '',
    'status.phase': (pod) => status(pod).phase ?? '',
    'status.podIP': (pod) => status(pod).podIP ?? '',
  },
  defaults: (pod) => withAddresses({ ...pod, spec: withPodDefaults(pod.spec) }),
  complete: (pod, objects) =>
    withoutGated(withAppArmorFields(withLabelKeys(withGrace(admitPod(limited(pending(pod), objects), objects))))),
  admitCreate: (pod, objects) => {
    requirePodWithinLimits(pod, objects)
    requireRuntimeOverhead(pod, objects)
  },
  admitUpdate: (pod, _before, objects, subresource) => {
    if (subresource === 'resize') requirePodWithinLimits(pod, objects)
  },
  settle: withGatedCondition,
  readmit: (pod, before, subresource) => (subresource === '' ? readmitPod(pod, before) : pod),
  keeps: (pod, before) => withKeptStatus(withoutGated(readmitPod(pod, before)), before),
  rowConditions: podRowConditions,
  // What may change of a pod gives no cause for more.
  warn: (pod, before, asked) =>
    before === undefined
      ? [...appArmorWarnings(asked ?? pod), ...nameWarnings(pod, before, "the Pod's hostname"), ...podWarnings(pod, '')]
      : [],
  warnStatus: addressesWarnings,
  validate: podCauses,
  documented: {
    IP: 'core-v1.PodStatus.podIP',
    Node: 'core-v1.PodSpec.nodeName',
    'Nominated Node': 'core-v1.PodStatus.nominatedNodeName',
    'Readiness Gates': 'core-v1.PodSpec.readinessGates',
    Ready: 'The aggregate readiness state of this pod for accepting traffic.',
    Status: 'The aggregate status of the containers in this pod.',
    Restarts:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  },
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
