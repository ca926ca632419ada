/** Cluster API's own kinds (v1beta2), as far as the reference controllers read and write them. */
import type { Condition, KubeObject, ObjectMeta } from '../../kube/object.ts'
import type { LabelSelector } from '../../kube/selector.ts'

/** A contract-versioned reference: group, kind and name; the version is the contract's business. */
export interface ObjectReference {
  readonly apiGroup: string
  readonly kind: string
  readonly name: string
}

export interface ReplicaCounts {
  readonly desiredReplicas?: number
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly upToDateReplicas?: number
}

export interface Cluster extends KubeObject {
  readonly spec?: {
    readonly paused?: boolean
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number }
    readonly controlPlaneRef?: ObjectReference
    readonly infrastructureRef?: ObjectReference
    readonly clusterNetwork?: object
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly initialization?: {
      readonly infrastructureProvisioned?: boolean
      readonly controlPlaneInitialized?: boolean
    }
    readonly controlPlane?: ReplicaCounts
    readonly workers?: ReplicaCounts
    readonly phase?: string
    readonly observedGeneration?: number
  }
}

export interface MachineSpec {
  readonly clusterName: string
  readonly version?: string
  readonly providerID?: string
  readonly failureDomain?: string
  readonly bootstrap: { readonly configRef?: ObjectReference; readonly dataSecretName?: string }
  readonly infrastructureRef: ObjectReference
  readonly minReadySeconds?: number
  readonly deletion?: { readonly nodeDrainTimeoutSeconds?: number; readonly nodeDeletionTimeoutSeconds?: number }
}

export interface Machine extends KubeObject {
  readonly spec: MachineSpec
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly initialization?: {
      readonly infrastructureProvisioned?: boolean
      readonly bootstrapDataSecretCreated?: boolean
    }
    readonly nodeRef?: { readonly name: string }
    readonly nodeInfo?: object
    readonly phase?: string
    readonly failureDomain?: string
    readonly deletion?: { readonly nodeDrainStartTime?: string }
    readonly observedGeneration?: number
  }
}

export interface MachineTemplate {
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec: MachineSpec
}

export interface ReplicaStatus {
  readonly conditions?: readonly Condition[]
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly upToDateReplicas?: number
  readonly selector?: string
  readonly phase?: string
}

export interface MachineSet extends KubeObject {
  readonly spec: {
    readonly clusterName: string
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: MachineTemplate
  }
  readonly status?: ReplicaStatus
}

export type IntOrPercent = number | string

export interface MachineDeployment extends KubeObject {
  readonly spec: {
    readonly clusterName: string
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: MachineTemplate
    readonly rollout?: {
      readonly strategy?: {
        readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent }
      }
    }
    readonly remediation?: { readonly maxInFlight?: IntOrPercent }
    readonly paused?: boolean
  }
  readonly status?: ReplicaStatus
}

export interface UnhealthyCondition {
  readonly type: string
  readonly status: Condition['status']
  readonly timeoutSeconds: number
}

export interface MachineHealthCheck extends KubeObject {
  readonly spec: {
    readonly clusterName: string
    readonly selector: LabelSelector
    readonly checks?: {
      readonly nodeStartupTimeoutSeconds?: number
      readonly unhealthyNodeConditions?: readonly UnhealthyCondition[]
      readonly unhealthyMachineConditions?: readonly UnhealthyCondition[]
    }
    readonly remediation?: {
      readonly triggerIf?: { readonly unhealthyLessThanOrEqualTo?: IntOrPercent; readonly unhealthyInRange?: string }
    }
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly expectedMachines?: number
    readonly currentHealthy?: number
    readonly remediationsAllowed?: number
    readonly targets?: readonly string[]
    readonly observedGeneration?: number
  }
}

export interface KubeadmControlPlane extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly version: string
    readonly machineTemplate: {
      readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>
      readonly spec: { readonly infrastructureRef: ObjectReference }
    }
    readonly kubeadmConfigSpec?: object
    readonly rollout?: { readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent } } }
    readonly remediation?: {
      readonly maxRetry?: number
      readonly retryPeriodSeconds?: number
      readonly minHealthyPeriodSeconds?: number
    }
  }
  readonly status?: ReplicaStatus & {
    readonly initialization?: { readonly controlPlaneInitialized?: boolean }
    readonly version?: string
    readonly lastRemediation?: { readonly machine: string; readonly time: string; readonly retryCount: number }
  }
}

export interface KubeadmConfig extends KubeObject {
  readonly spec?: object
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly dataSecretName?: string
    readonly initialization?: { readonly dataSecretCreated?: boolean }
  }
}

/** An object made from a template: only the part of the template that is copied. */
export interface Template extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>; readonly spec?: unknown }
  }
}
