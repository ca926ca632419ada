import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { duplicate, forbiddenValue, required, type StatusCause } from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { conditionOf, type Condition, type KubeObject } from '../../kube/object.ts'
import { oneOf, spelled } from '../rules/causes.ts'
import { taintEffects } from '../rules/placement.ts'

type Node = KubeObject & { spec?: { unschedulable?: boolean }; status?: { conditions?: Condition[] } }

const notReadyTaint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

const providerId = (node: KubeObject): string => (node.spec as { providerID?: string } | undefined)?.providerID ?? ''

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

interface Taint {
  readonly key?: string
  readonly value?: string
  readonly effect?: string
  readonly timeAdded?: string
}

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, validateNodeTaints. */
function taintCauses({ spec }: KubeObject): Required<StatusCause>[] {
  const seen = new Set<string>()
  return ((spec as { taints?: Taint[] } | undefined)?.taints ?? []).flatMap(
    ({ key = '', value = '', effect = '', timeAdded = null }, index) => {
      const at = `metadata.taints[${index}]`
      const id = `${key}:${effect}`
      const again = seen.has(id)
      seen.add(id)
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded }
      const twice = duplicate(at, shown)
      return [
        ...spelled(`${at}.key`, key, qualifiedNameProblems),
        ...spelled(`${at}.value`, value, labelValueProblems),
        ...(effect === '' ? [required(`${at}.effect`)] : oneOf(`${at}.effect`, effect, taintEffects)),
        ...(again ? [{ ...twice, message: `${twice.message}: taints must be unique by key and effect pair` }] : []),
      ]
    },
  )
}

export const nodes = builtIn({
  group: '',
  version: 'v1',
  resource: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  status: true,
  unserved: ['proxy'],
  fieldSelectors: { 'spec.unschedulable': (node) => String((node as Node).spec?.unschedulable ?? false) },
  validate: (node, before) => {
    const [now, was] = [providerId(node), before === undefined ? '' : providerId(before)]
    return [
      ...taintCauses(node),
      ...(was === '' || was === now
        ? []
        : [forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid')]),
    ]
  },
  // The TaintNodesByCondition admission plugin: a new node is not ready.
  complete: (node) => {
    const spec = (node.spec ?? {}) as { taints?: { key: string }[] }
    const taints = spec.taints ?? []
    if (taints.some(({ key }) => key === notReadyTaint.key)) return node
    return { ...node, spec: { ...spec, taints: [...taints, notReadyTaint] } }
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
