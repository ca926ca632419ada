/** What an infrastructure provider reads of Cluster API's own kinds, and how it reports conditions. */
import type { Condition, KubeObject } from '../../kube/object.ts'

export interface OwnerCluster extends KubeObject {
  readonly spec?: { readonly paused?: boolean; readonly infrastructureRef?: { readonly name?: string } }
  readonly status?: {
    readonly initialization?: {
      readonly infrastructureProvisioned?: boolean
      readonly controlPlaneInitialized?: boolean
    }
    readonly conditions?: readonly Condition[]
  }
}

export interface OwnerMachine extends KubeObject {
  readonly spec?: {
    readonly version?: string
    readonly failureDomain?: string
    readonly bootstrap?: { readonly dataSecretName?: string }
  }
}

export const clusterNameLabel = 'cluster.x-k8s.io/cluster-name'
export const controlPlaneLabel = 'cluster.x-k8s.io/control-plane'

export const isPaused = (cluster: OwnerCluster, object: KubeObject): boolean =>
  cluster.spec?.paused === true || object.metadata.annotations?.['cluster.x-k8s.io/paused'] !== undefined

export type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason'> & {
  readonly message?: string
  readonly observedGeneration?: number
}

/** Sets conditions; one whose status stays keeps its transition time. The same array comes back when nothing changes. */
export function setConditions(
  before: readonly Condition[] | undefined,
  wanted: readonly WantedCondition[],
  now: string,
): readonly Condition[] {
  let changed = before === undefined
  const result = [...(before ?? [])]
  for (const { type, status, reason, message = '', observedGeneration } of wanted) {
    const at = result.findIndex((condition) => condition.type === type)
    const old = result[at]
    if (
      old?.status === status &&
      old.reason === reason &&
      (old.message ?? '') === message &&
      old.observedGeneration === observedGeneration
    )
      continue
    changed = true
    const condition: Condition = {
      type,
      status,
      ...(reason === undefined ? {} : { reason }),
      message,
      lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? now) : now,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    }
    if (at < 0) result.push(condition)
    else result[at] = condition
  }
  return changed ? result : (before as readonly Condition[])
}

export const pausedCondition = (paused: boolean, object: KubeObject): WantedCondition => ({
  type: 'Paused',
  status: paused ? 'True' : 'False',
  reason: paused ? 'Paused' : 'NotPaused',
  ...(object.metadata.generation === undefined ? {} : { observedGeneration: object.metadata.generation }),
})
