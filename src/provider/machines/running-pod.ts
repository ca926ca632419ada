/** The status that a kubelet gives a pod whose containers run. Source: k8s.io/kubernetes/pkg/kubelet. */
interface Spec {
  readonly containers?: readonly { readonly name: string; readonly image: string }[]
}

const lastState = {}
const all = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']

export function runningStatus(
  { containers = [] }: Spec,
  now: string,
  conditionTypes = all,
): Readonly<Record<string, unknown>> {
  const conditions = conditionTypes.map((type) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
  }))
  const containerStatuses = containers.map(({ name, image }) => ({
    name,
    image,
    imageID: image,
    lastState,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: now } },
  }))
  return { phase: 'Running', startTime: now, conditions, containerStatuses }
}
