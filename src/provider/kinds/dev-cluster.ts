import { ageColumn, column } from '../../apiserver/columns.ts'
import { clusterApiResource } from '../../apiserver/definition.ts'
import type { Condition, KubeObject } from '../../kube/object.ts'

/** Where machines can be, as Cluster API's contract has it. */
export interface FailureDomain {
  readonly name: string
  readonly controlPlane?: boolean
  readonly attributes?: Readonly<Record<string, string>>
}

/**
 * Cluster API's DevCluster with its in-memory backend (infrastructure.cluster.x-k8s.io/v1beta2); the failure domains
 * are ours, in the shape that its Docker backend has them.
 */
export interface DevCluster extends KubeObject {
  readonly spec?: {
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number }
    readonly backend?: { readonly inMemory?: { readonly failureDomains?: readonly FailureDomain[] } }
  }
  readonly status?: {
    readonly initialization?: { readonly provisioned?: boolean }
    readonly failureDomains?: readonly FailureDomain[]
    readonly conditions?: readonly Condition[]
  }
}

export const devClusters = clusterApiResource({
  group: 'infrastructure.cluster.x-k8s.io',
  version: 'v1beta2',
  resource: 'devclusters',
  kind: 'DevCluster',
  columns: [column('Cluster', 'string', ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"), ageColumn],
})
