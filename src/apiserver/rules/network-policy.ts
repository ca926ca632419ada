/** Network policies. Source: k8s.io/kubernetes/pkg/apis/networking/validation, ValidateNetworkPolicySpec. */
import type { LabelSelector } from '../../kube/selector.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { parseNetwork } from '../cel/library/addresses.ts'
import { blockProblems, blockWarnings } from './address.ts'
import { oneOf, spelled } from './causes.ts'
import { labelSelectorCauses } from './label-selector.ts'
import { portCause, portNumberOrNameCauses } from './port.ts'

type Cause = Required<StatusCause>

interface Port {
  readonly protocol?: string
  readonly port?: number | string
  readonly endPort?: number
}
interface Block {
  readonly cidr?: string
  readonly except?: readonly string[]
}
interface Peer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: Block
}
interface Rule {
  readonly ports?: readonly Port[] | null
  readonly from?: readonly Peer[] | null
  readonly to?: readonly Peer[] | null
}
export interface PolicySpec {
  readonly podSelector?: LabelSelector
  readonly ingress?: readonly Rule[] | null
  readonly egress?: readonly Rule[] | null
  readonly policyTypes?: readonly string[] | null
}

const types = ['Ingress', 'Egress']
const protocols = ['TCP', 'UDP', 'SCTP']

export function networkPolicyCauses({ podSelector, ingress, egress, policyTypes }: PolicySpec = {}): Cause[] {
  return [
    ...labelSelectorCauses('spec.podSelector', podSelector),
    ...ruleCauses('spec.ingress', ingress ?? []),
    ...ruleCauses('spec.egress', egress ?? []),
    ...((policyTypes ?? []).length > types.length
      ? [invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')]
      : (policyTypes ?? []).flatMap((type, index) => oneOf(`spec.policyTypes[${index}]`, type, types))),
  ]
}

const ruleCauses = (at: string, rules: readonly Rule[]): Cause[] =>
  rules.flatMap(({ ports, from, to }, index) => [
    ...(ports ?? []).flatMap((port, place) => portCauses(`${at}[${index}].ports[${place}]`, port)),
    ...(from ?? []).flatMap((peer, place) => peerCauses(`${at}[${index}].from[${place}]`, peer)),
    ...(to ?? []).flatMap((peer, place) => peerCauses(`${at}[${index}].to[${place}]`, peer)),
  ])

function portCauses(at: string, { protocol, port, endPort }: Port): Cause[] {
  return [
    ...(protocol === undefined ? [] : oneOf(`${at}.protocol`, protocol, protocols)),
    ...endCauses(`${at}.endPort`, port, endPort),
    ...(port === undefined ? [] : portNumberOrNameCauses(`${at}.port`, port)),
  ]
}

function endCauses(at: string, port: number | string | undefined, end: number | undefined): Cause[] {
  if (end === undefined) return []
  if (port === undefined) return [invalidValue(at, end, 'may not be specified when `port` is not specified')]
  if (typeof port === 'string') return [invalidValue(at, end, 'may not be specified when `port` is non-numeric')]
  return [
    ...(end < port ? [invalidValue(at, port, 'must be greater than or equal to `port`')] : []),
    ...portCause(at, end),
  ]
}

function peerCauses(at: string, { podSelector, namespaceSelector, ipBlock }: Peer): Cause[] {
  const selects = podSelector !== undefined || namespaceSelector !== undefined
  return [
    ...labelSelectorCauses(`${at}.podSelector`, podSelector),
    ...labelSelectorCauses(`${at}.namespaceSelector`, namespaceSelector),
    ...(ipBlock === undefined ? [] : blockCauses(`${at}.ipBlock`, ipBlock)),
    ...(!selects && ipBlock === undefined ? [required(at, 'must specify a peer')] : []),
    ...(selects && ipBlock !== undefined ? [forbiddenValue(at, 'may not specify both ipBlock and another peer')] : []),
  ]
}

/** Source: pkg/registry/networking/networkpolicy/strategy.go. */
export const networkPolicyWarnings = ({ ingress, egress }: PolicySpec = {}): string[] => [
  ...(ingress ?? []).flatMap(({ from }, index) => peerWarnings(`spec.ingress[${index}].from`, from)),
  ...(egress ?? []).flatMap(({ to }, index) => peerWarnings(`spec.egress[${index}].to`, to)),
]

const peerWarnings = (at: string, peers: readonly Peer[] | null | undefined): string[] =>
  (peers ?? []).flatMap(({ ipBlock: { cidr = '', except = [] } = {} }, index) => [
    ...blockWarnings(`${at}[${index}].ipBlock.cidr`, cidr),
    ...except.flatMap((part, n) => blockWarnings(`${at}[${index}].ipBlock.except[${n}]`, part)),
  ])

function blockCauses(at: string, { cidr = '', except = [] }: Block): Cause[] {
  if (cidr === '') return [required(`${at}.cidr`)]
  const wrong = spelled(`${at}.cidr`, cidr, blockProblems)
  if (wrong.length > 0) return wrong
  return except.flatMap((part, index) => {
    const field = `${at}.except[${index}]`
    if (blockProblems(part).length > 0) return spelled(field, part, blockProblems)
    const [whole, inner] = [parseNetwork(cidr), parseNetwork(part)]
    return whole.bits < inner.bits && whole.address.shares(whole.bits, inner.address)
      ? []
      : [invalidValue(field, part, 'must be a strict subset of `cidr`')]
  })
}
