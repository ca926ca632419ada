import { ageColumn, column } from '../../apiserver/columns.ts'
import { clusterApiResource } from '../../apiserver/definition.ts'
import type { Condition, KubeObject } from '../../kube/object.ts'

/** How long a part of a machine takes to start: `startupDuration`, plus up to `startupJitter` of it. */
export interface Provisioning {
  readonly provisioning?: { readonly startupDuration?: string; readonly startupJitter?: string }
}

export interface InMemoryMachine {
  readonly vm?: Provisioning
  readonly node?: Provisioning
  readonly apiServer?: Provisioning
  readonly etcd?: Provisioning
}

/** A condition in the form that Cluster API's objects had before v1beta2. */
export interface V1Beta1Condition {
  readonly type: string
  readonly status: Condition['status']
  readonly severity?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** Cluster API's DevMachine with its in-memory backend (infrastructure.cluster.x-k8s.io/v1beta2). */
export interface DevMachine extends KubeObject {
  readonly spec?: { readonly providerID?: string; readonly backend?: { readonly inMemory?: InMemoryMachine } }
  readonly status?: {
    readonly initialization?: { readonly provisioned?: boolean }
    readonly failureDomain?: string
    readonly conditions?: readonly Condition[]
    readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly V1Beta1Condition[] } }
  }
}

export const devMachines = clusterApiResource({
  group: 'infrastructure.cluster.x-k8s.io',
  version: 'v1beta2',
  resource: 'devmachines',
  kind: 'DevMachine',
  columns: [
    column('Cluster', 'string', ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"),
    column('Provider ID', 'string', '.spec.providerID', 10),
    column('Failure domain', 'string', '.status.failureDomain'),
    column('IP', 'string', '.status.addresses[?(@.type=="InternalIP")].address', 10),
    column('Paused', 'string', '.status.conditions[?(@.type=="Paused")].status', 10),
    column('Provisioned', 'string', '.status.initialization.provisioned'),
    ageColumn,
  ],
})
