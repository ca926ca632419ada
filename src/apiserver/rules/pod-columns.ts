/** What a table says of a pod. Source: k8s.io/kubernetes/pkg/printers/internalversion, printPod. */
import { conditionOf, isConditionTrue, type Condition, type KubeObject } from '../../kube/object.ts'
import { age } from '../age.ts'

interface State {
  readonly waiting?: { readonly reason?: string }
  readonly running?: object
  readonly terminated?: {
    readonly exitCode?: number
    readonly signal?: number
    readonly reason?: string
    readonly finishedAt?: string | null
  }
}

interface ContainerStatus {
  readonly name?: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: State
  readonly lastState?: State
}

type Pod = KubeObject & {
  readonly spec?: {
    readonly containers?: readonly object[]
    readonly readinessGates?: readonly { readonly conditionType: string }[]
    readonly initContainers?: readonly { readonly name?: string; readonly restartPolicy?: string }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

const isTrue = ({ status }: Pod, type: string): boolean => isConditionTrue(status?.conditions, type)

/** Names of the init containers that stay. */
const sidecars = ({ spec }: Pod): (string | undefined)[] =>
  (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name)

function endText({ reason = '', signal = 0, exitCode = 0 }: NonNullable<State['terminated']>): string {
  return reason === '' ? (signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`) : reason
}

/** Why the first init container that isn't through holds the pod up; undefined where none does. */
function initText(pod: Pod): string | undefined {
  const { initContainerStatuses: statuses = [] } = pod.status ?? {}
  for (const [index, { name, started, state: { waiting, terminated } = {} }] of statuses.entries()) {
    if (terminated?.exitCode === 0 || (started === true && sidecars(pod).includes(name))) continue
    if (terminated !== undefined) return `Init:${endText(terminated)}`
    const { reason = '' } = waiting ?? {}
    return reason === '' || reason === 'PodInitializing'
      ? `Init:${index}/${pod.spec?.initContainers?.length ?? 0}`
      : `Init:${reason}`
  }
  return undefined
}

/** Whether the containers count, and not those that come before them. */
const isInitialized = (pod: Pod): boolean => initText(pod) === undefined || isTrue(pod, 'Initialized')

const isRunning = ({ ready, state }: ContainerStatus): boolean => ready === true && state?.running !== undefined

export function podReady(pod: Pod): string {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  const stays = sidecars(pod)
  const ready = [
    ...initContainerStatuses.filter(({ name, started, ready }) => stays.includes(name) && started && ready),
    ...(isInitialized(pod) ? containerStatuses.filter(isRunning) : []),
  ]
  return `${ready.length}/${(pod.spec?.containers?.length ?? 0) + stays.length}`
}

export function podStatus(pod: Pod): string {
  const { phase = '', reason = '' } = pod.status ?? {}
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') return 'Unknown'
    if (phase !== 'Failed' && phase !== 'Succeeded') return 'Terminating'
  }
  const gated = conditionOf(pod.status?.conditions, 'PodScheduled')?.reason === 'SchedulingGated'
  const first = initText(pod) ?? (gated ? 'SchedulingGated' : reason === '' ? phase : reason)
  return isInitialized(pod) ? containersText(pod, first) : first
}

/** What the containers say, the first before the others; `otherwise` where they say nothing. */
function containersText(pod: Pod, otherwise: string): string {
  const { containerStatuses: statuses = [] } = pod.status ?? {}
  const said = statuses.map(({ state: { waiting, terminated } = {} }) =>
    waiting?.reason ? waiting.reason : terminated === undefined ? undefined : endText(terminated),
  )
  const text = said.find((each) => each !== undefined) ?? otherwise
  if (text !== 'Completed') return text
  const running = statuses.some(isRunning)
  if (running && isTrue(pod, 'Ready')) return 'Running'
  const failed = statuses.findIndex(({ state }) => !state?.waiting?.reason && (state?.terminated?.exitCode ?? 0) !== 0)
  return failed >= 0 ? (said[failed] as string) : running ? 'NotReady' : text
}

/** How often containers were started again, and when last. */
export function podRestarts(pod: Pod, nowMs: number): string {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  const stays = sidecars(pod)
  const counted = isInitialized(pod)
    ? [...initContainerStatuses.filter(({ name }) => stays.includes(name)), ...containerStatuses]
    : initContainerStatuses.slice(0, initContainerStatuses.findIndex((each) => isHolding(pod, each)) + 1)
  const restarts = counted.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const last = counted
    .map(({ lastState }) => lastState?.terminated?.finishedAt ?? '')
    .sort()
    .at(-1)
  return restarts === 0 || last === undefined || last === ''
    ? String(restarts)
    : `${restarts} (${age(nowMs - Date.parse(last))} ago)`
}

const isHolding = (pod: Pod, status: ContainerStatus): boolean =>
  initText({ ...pod, status: { initContainerStatuses: [status] } }) !== undefined

const completed = (reason: string, message: string): object[] => [
  { type: 'Completed', status: 'True', reason, message },
]

/** Of the row: whether the pod is over. */
export function podRowConditions(pod: KubeObject): readonly object[] | undefined {
  const { status } = pod as Pod
  if (status?.phase === 'Succeeded') return completed('Succeeded', 'The pod has completed successfully.')
  return status?.phase === 'Failed' ? completed('Failed', 'The pod failed.') : undefined
}

/** How many of the conditions that a pod waits for it has. */
export function podGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  const open = gates.filter(({ conditionType }) => isTrue(pod, conditionType)).length
  return gates.length === 0 ? '<none>' : `${open}/${gates.length}`
}
