/** What an infrastructure provider reads of Cluster API's own kinds. */
import type { Wanted } from '../../kube/conditions.ts'
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

export const pausedCondition = (paused: boolean): Wanted => ({
  type: 'Paused',
  status: paused ? 'True' : 'False',
  reason: paused ? 'Paused' : 'NotPaused',
})
