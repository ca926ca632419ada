import { ageColumn, column, computed } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { conditionOf, type Condition, type KubeObject } from '../../kube/object.ts'

type Node = KubeObject & { spec?: { unschedulable?: boolean }; status?: { conditions?: Condition[] } }

const rolePrefix = 'node-role.kubernetes.io/'

function roles(node: Node): string {
  const names = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(rolePrefix))
  return names.length === 0
    ? '<none>'
    : names
        .map((label) => label.slice(rolePrefix.length))
        .sort()
        .join(',')
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
  fieldSelectors: { 'spec.unschedulable': (node) => String((node as Node).spec?.unschedulable ?? false) },
  columns: [
    computed('Status', 'string', status),
    computed('Roles', 'string', roles),
    ageColumn,
    column('Version', 'string', '.status.nodeInfo.kubeletVersion'),
    column('Internal-IP', 'string', '.status.addresses[?(@.type=="InternalIP")].address', 1),
    column('OS-Image', 'string', '.status.nodeInfo.osImage', 1),
    column('Kernel-Version', 'string', '.status.nodeInfo.kernelVersion', 1),
    column('Container-Runtime', 'string', '.status.nodeInfo.containerRuntimeVersion', 1),
  ],
})
