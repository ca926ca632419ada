import { ageColumn, column } from '../../apiserver/columns.ts'
import { clusterApiResource } from '../../apiserver/definition.ts'
import type { Condition, KubeObject } from '../../kube/object.ts'

/** Cluster API's DevCluster with its in-memory backend (infrastructure.cluster.x-k8s.io/v1beta2). */
export interface DevCluster extends KubeObject {
  readonly spec?: {
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number }
    readonly backend?: { readonly inMemory?: object }
  }
  readonly status?: {
    readonly initialization?: { readonly provisioned?: boolean }
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
