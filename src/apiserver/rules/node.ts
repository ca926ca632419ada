/** Nodes. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateNode and ValidateNodeUpdate; pkg/registry/core/node. */
import { deepEqual } from '../../kube/object.ts'
import { cidrFamily } from '../../kube/cidr.ts'
import {
  duplicate,
  forbiddenValue,
  internalValue,
  invalidValue,
  required,
  type StatusCause,
} from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled } from './causes.ts'
import { featureCauses } from './node-features.ts'
import { blockProblems } from './address.ts'
import { goStruct } from './numbers.ts'
import { taintEffects } from './placement.ts'
import { resourceValueCauses } from './resources.ts'
import type { Amounts } from './amounts.ts'

type Cause = Required<StatusCause>

interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect?: string
  readonly timeAdded?: string
}

interface NodeSpec {
  readonly podCIDR?: string
  readonly podCIDRs?: readonly string[]
  readonly providerID?: string
  readonly externalID?: string
  readonly configSource?: object
  readonly taints?: readonly Taint[]
}

interface NodeStatus {
  readonly config?: object
  readonly declaredFeatures?: readonly string[]
  readonly capacity?: Amounts
  readonly allocatable?: Amounts
  readonly addresses?: readonly { readonly type: string; readonly address: string }[]
}

export const nodeSpec = (node: KubeObject): NodeSpec => node.spec ?? {}
const nodeStatus = (node: KubeObject): NodeStatus => node.status ?? {}

/** What can be used is what there is, unless said; the first of the CIDRs is the one of old clients. */
export function withNodeDefaults(node: KubeObject): KubeObject {
  const [spec, status] = [nodeSpec(node), nodeStatus(node)]
  const { podCIDR = '', podCIDRs = [] } = spec
  const all = podCIDR === '' || podCIDRs[0] === podCIDR ? podCIDRs : [podCIDR]
  const [addressed, usable] = [all[0] === spec.podCIDR && all === podCIDRs, status.allocatable ?? status.capacity]
  if (addressed && usable === status.allocatable) return node
  return {
    ...node,
    ...(addressed ? {} : { spec: { ...spec, podCIDR: all[0], podCIDRs: all } }),
    ...(usable === undefined ? {} : { status: { ...status, allocatable: usable } }),
  }
}

/** Configuration from the API server has been removed: nobody gets it any more. */
export function withoutConfig(node: KubeObject, before?: KubeObject): KubeObject {
  const { configSource: oldSource } = before === undefined ? {} : nodeSpec(before)
  const { config: oldConfig } = before === undefined ? {} : nodeStatus(before)
  const sourced = oldSource === undefined && nodeSpec(node).configSource !== undefined
  const configured = oldConfig === undefined && nodeStatus(node).config !== undefined
  if (!sourced && !configured) return node
  const { configSource: _, ...spec } = nodeSpec(node)
  const { config: __, ...status } = nodeStatus(node)
  return { ...node, spec: sourced ? spec : nodeSpec(node), status: configured ? status : nodeStatus(node) }
}

export function nodeCauses(node: KubeObject, before?: KubeObject): Cause[] {
  const [spec, status] = [nodeSpec(node), nodeStatus(node)]
  if (before === undefined)
    return [
      ...taintCauses(spec),
      ...amountCauses(status, {}),
      ...featureCauses(status.declaredFeatures),
      ...cidrCauses(spec),
    ]
  const [oldSpec, oldStatus] = [nodeSpec(before), nodeStatus(before)]
  // What an update leaves alone has been looked at: kubelets report every few seconds.
  const changed = spec !== oldSpec
  const taints = changed ? taintCauses(spec) : []
  return [
    ...taints,
    ...amountCauses(status, oldStatus),
    ...featureCauses(status.declaredFeatures),
    ...(changed ? cidrCauses(spec) : []),
    ...(status.addresses === oldStatus.addresses ? [] : addressCauses(status.addresses ?? [])),
    ...(changed ? changeCauses(spec, oldSpec) : []),
    ...taints, // looked at as in a new node, and as in an update
  ]
}

/** Source: validateNodeTaints. */
function taintCauses({ taints = [] }: NodeSpec): Cause[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const { key = '', value = '', effect = '' } = taint
    const at = `metadata.taints[${index}]`
    const id = `${key}:${effect}`
    const again = seen.has(id)
    seen.add(id)
    const twice = duplicate(at, goStruct({ value, effect, ...taint }, ['Key', 'Value', 'Effect', 'TimeAdded']))
    return [
      ...spelled(`${at}.key`, key, qualifiedNameProblems),
      ...spelled(`${at}.value`, value, labelValueProblems),
      ...(effect === '' ? [required(`${at}.effect`)] : oneOf(`${at}.effect`, effect, taintEffects)),
      ...(again ? [{ ...twice, message: `${twice.message}: taints must be unique by key and effect pair` }] : []),
    ]
  })
}

const amountCauses = (status: NodeStatus, before: NodeStatus): Cause[] =>
  (['capacity', 'allocatable'] as const)
    .filter((field) => status[field] !== before[field])
    .flatMap((field) =>
      Object.entries(status[field] ?? {}).flatMap(([name, amount]) =>
        resourceValueCauses(`status.${field}.${name}`, name, amount),
      ),
    )

function cidrCauses({ podCIDRs: cidrs = [] }: NodeSpec): Cause[] {
  const at = 'spec.podCIDRs'
  const families = cidrs.map(cidrFamily)
  const dual = families.length === 2 && families.includes(4) && families.includes(6)
  return [
    ...cidrs.flatMap((cidr, index) => spelled(`${at}[${index}]`, cidr, blockProblems)),
    ...unparsedCauses(at, cidrs, families),
    ...(cidrs.length < 2 || dual
      ? []
      : [invalidValue(at, cidrs, 'may specify no more than one CIDR for each IP family')]),
  ]
}

/** The first that is no block of addresses, as Go's net package says it. */
function unparsedCauses(at: string, cidrs: readonly string[], families: readonly number[]): Cause[] {
  const bad = families.indexOf(0)
  if (cidrs.length < 2 || bad < 0) return []
  const why = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`
  return [internalValue(at, `invalid PodCIDRs. failed to check with dual stack with error:${why}`)]
}

const addressCauses = (addresses: NonNullable<NodeStatus['addresses']>): Cause[] =>
  addresses.flatMap((address, index) =>
    addresses.findIndex((other) => deepEqual(other, address)) === index
      ? []
      : [duplicate(`status.addresses[${index}]`, goStruct(address, ['Type', 'Address']))],
  )

function changeCauses(spec: NodeSpec, before: NodeSpec): Cause[] {
  const set = 'except from "" to valid'
  const { podCIDRs: cidrs = [], providerID = '', externalID } = before
  return [
    ...(cidrs.length === 0 || deepEqual(cidrs, spec.podCIDRs)
      ? []
      : [forbiddenValue('spec.podCIDRs', `node updates may not change podCIDR ${set}`)]),
    ...(providerID === '' || providerID === spec.providerID
      ? []
      : [forbiddenValue('spec.providerID', `node updates may not change providerID ${set}`)]),
    ...(externalID === spec.externalID ? [] : [forbiddenValue('spec.externalID', 'may not be updated')]),
  ]
}
