import { clusterApiResource } from '../../apiserver/definition.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { DevMachine } from './dev-machine.ts'

export interface DevMachineTemplate extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly metadata?: KubeObject['metadata']; readonly spec?: DevMachine['spec'] }
  }
}

const group = 'infrastructure.cluster.x-k8s.io'

export const devMachineTemplates = clusterApiResource({
  group,
  version: 'v1beta2',
  resource: 'devmachinetemplates',
  kind: 'DevMachineTemplate',
})

export const devClusterTemplates = clusterApiResource({
  group,
  version: 'v1beta2',
  resource: 'devclustertemplates',
  kind: 'DevClusterTemplate',
  status: false,
})
