import { nodeProxy } from '../subresources/proxy.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { conditionOf, type Condition, type KubeObject } from '../../kube/object.ts'
import { blockWarnings } from '../rules/address.ts'
import { nodeCauses, nodeSpec, withNodeDefaults, withoutConfig } from '../rules/node.ts'

type Node = KubeObject & { spec?: { unschedulable?: boolean }; status?: { conditions?: Condition[] } }

const notReadyTaint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

const rolePrefix = 'node-role.kubernetes.io/'
const oldRoleLabel = 'kubernetes.io/role'

function roles(node: Node): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([label, value]) =>
    label.startsWith(rolePrefix) && label !== rolePrefix
      ? [label.slice(rolePrefix.length)]
      : label === oldRoleLabel && value !== ''
        ? [value]
        : [],
  )
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',')
}

/** Source: kubernetes/pkg/printers/internalversion, printNode. */
function status(node: Node): string {
  const ready = conditionOf(node.status?.conditions, 'Ready')
  const base = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return node.spec?.unschedulable === true ? `${base},SchedulingDisabled` : base
}

export const nodes = builtIn({
  group: '',
  version: 'v1',
  resource: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  status: true,
  subresources: { proxy: nodeProxy },
  fieldSelectors: { 'spec.unschedulable': (node) => String((node as Node).spec?.unschedulable ?? false) },
  bornWithStatus: true,
  defaults: withNodeDefaults,
  keeps: (node, before) => withoutConfig(node, before),
  validate: nodeCauses,
  warn: (node) => [
    ...((nodeSpec(node).externalID ?? '') === ''
      ? []
      : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']),
    ...(nodeSpec(node).podCIDRs ?? []).flatMap((cidr, index) => blockWarnings(`spec.podCIDRs[${index}]`, cidr)),
  ],
  // The TaintNodesByCondition admission plugin: a new node is not ready.
  complete: (created) => {
    const node = withoutConfig(created)
    const { taints = [], ...spec } = nodeSpec(node)
    const tainted = taints.some(({ key }) => key === notReadyTaint.key)
    return { ...node, spec: { ...spec, taints: tainted ? taints : [...taints, notReadyTaint] } }
  },
  documented: {
    Version: 'core-v1.NodeSystemInfo.kubeletVersion',
    'Internal-IP': 'core-v1.NodeStatus.addresses',
    'External-IP': 'core-v1.NodeStatus.addresses',
    'OS-Image': 'core-v1.NodeSystemInfo.osImage',
    'Kernel-Version': 'core-v1.NodeSystemInfo.kernelVersion',
    'Container-Runtime': 'core-v1.NodeSystemInfo.containerRuntimeVersion',
    Status: 'The status of the node',
    Roles: 'The roles of the node',
  },
  columns: [
    computed('Status', 'string', status),
    computed('Roles', 'string', roles),
    ageColumn,
    column('Version', 'string', '.status.nodeInfo.kubeletVersion'),
    orElse(column('Internal-IP', 'string', '.status.addresses[?(@.type=="InternalIP")].address', 1), '<none>'),
    orElse(column('External-IP', 'string', '.status.addresses[?(@.type=="ExternalIP")].address', 1), '<none>'),
    orElse(column('OS-Image', 'string', '.status.nodeInfo.osImage', 1), '<unknown>'),
    orElse(column('Kernel-Version', 'string', '.status.nodeInfo.kernelVersion', 1), '<unknown>'),
    orElse(column('Container-Runtime', 'string', '.status.nodeInfo.containerRuntimeVersion', 1), '<unknown>'),
  ],
})
