/**
 * Where services lead: endpoints and slices of them. Source: k8s.io/kubernetes/pkg/apis/core/validation,
 * validateEndpointSubsets; pkg/apis/discovery/validation; pkg/printers/internalversion.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { deepEqual } from '../../kube/object.ts'
import { duplicate, invalidValue, required, tooMany, type StatusCause } from '../../kube/status.ts'
import { labelProblems, labelValueProblems, subdomainProblems, type Syntax } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { addressProblems, addressWarnings, endpointAddressProblems, strictAddressProblems } from './address.ts'
import { oneOf, spelled } from './causes.ts'
import { appProtocolCauses, portCause, protocolCauses } from './port.ts'

type Cause = Required<StatusCause>

interface Port {
  readonly name?: string
  readonly port?: number
  readonly protocol?: string
  readonly appProtocol?: string
}

interface Address {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
}

export interface Subset {
  readonly addresses?: readonly Address[]
  readonly notReadyAddresses?: readonly Address[]
  readonly ports?: readonly Port[]
}

export const subsetCauses = (subsets: readonly Subset[]): Cause[] =>
  subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const at = `subsets[${index}]`
    return [
      ...(addresses.length + notReadyAddresses.length === 0
        ? [required(at, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...addresses.flatMap((each, n) => addressCauses(`${at}.addresses[${n}]`, each)),
      ...notReadyAddresses.flatMap((each, n) => addressCauses(`${at}.notReadyAddresses[${n}]`, each)),
      ...ports.flatMap((each, n) => portCauses(`${at}.ports[${n}]`, each, ports.length > 1)),
    ]
  })

/** Whom the server trusts to write addresses as they are written. */
const controllers = [
  'endpoint-controller',
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]
const isControlled = (label: string, { metadata }: KubeObject): boolean =>
  controllers.includes(metadata.labels?.[label] ?? '')

/** Source: pkg/registry/core/endpoint/strategy.go. */
export const endpointsWarnings = (endpoints: KubeObject, subsets: readonly Subset[]): string[] =>
  isControlled('endpoints.kubernetes.io/managed-by', endpoints)
    ? []
    : subsets.flatMap((subset, index) =>
        (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
          (subset[list] ?? []).flatMap(({ ip }, n) => addressWarnings(`subsets[${index}].${list}[${n}].ip`, ip)),
        ),
      )

/** Source: pkg/registry/discovery/endpointslice/strategy.go. */
export const sliceWarnings = (slice: Slice, before?: KubeObject): string[] => [
  ...(slice.addressType === 'FQDN' && before === undefined ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
  ...(isControlled('endpointslice.kubernetes.io/managed-by', slice)
    ? []
    : (slice.endpoints ?? []).flatMap(({ addresses }, index) =>
        (addresses ?? []).flatMap((text, n) => addressWarnings(`endpoints[${index}].addresses[${n}]`, text)),
      )),
]

const addressCauses = (at: string, { ip, hostname = '', nodeName }: Address): Cause[] => [
  ...spelled(`${at}.ip`, ip, addressProblems),
  ...(hostname === '' ? [] : spelled(`${at}.hostname`, hostname, labelProblems)),
  ...(nodeName === undefined ? [] : spelled(`${at}.nodeName`, nodeName, subdomainProblems)),
  ...spelled(`${at}.ip`, ip, endpointAddressProblems),
]

const portCauses = (at: string, { name = '', port, protocol, appProtocol }: Port, several: boolean): Cause[] => [
  ...(name !== '' ? spelled(`${at}.name`, name, labelProblems) : several ? [required(`${at}.name`)] : []),
  ...portCause(`${at}.port`, port),
  ...protocolCauses(`${at}.protocol`, protocol),
  ...appProtocolCauses(`${at}.appProtocol`, appProtocol),
]

const shownMax = 3

const shortened = (texts: readonly string[]): string =>
  texts.length > shownMax
    ? `${texts.slice(0, shownMax).join(',')} + ${texts.length - shownMax} more...`
    : texts.join(',')

const joined = (ip: string, port: number): string => `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`

export function subsetText(subsets: readonly Subset[]): string {
  const texts = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port = 0 }) => addresses.map(({ ip }) => joined(ip, port))),
  )
  return subsets.length === 0 ? '<none>' : shortened(texts)
}

interface Hint {
  readonly name: string
}

interface Endpoint {
  readonly addresses?: readonly string[] | null
  readonly conditions?: { readonly ready?: boolean }
  readonly nodeName?: string
  readonly hostname?: string
  readonly hints?: { readonly forZones?: readonly Hint[]; readonly forNodes?: readonly Hint[] }
}

export type Slice = KubeObject & {
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[] | null
  readonly ports?: readonly Port[] | null
}

export function sliceCauses(slice: Slice, before?: Slice): Cause[] {
  const { addressType = '', endpoints, ports } = slice
  const known = before !== undefined && deepEqual(before.endpoints, endpoints)
  return [
    ...(addressType === '' ? [required('addressType')] : oneOf('addressType', addressType, ['FQDN', 'IPv4', 'IPv6'])),
    ...slicePortCauses(ports ?? []),
    ...(known
      ? []
      : (endpoints ?? []).flatMap((each, index) => endpointCauses(`endpoints[${index}]`, each, addressType))),
    ...(before === undefined || before.addressType === addressType
      ? []
      : [invalidValue('addressType', addressType, 'field is immutable')]),
  ]
}

const slicePortCauses = (ports: readonly Port[]): Cause[] =>
  ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const at = `ports[${index}]`
    return [
      ...(name === '' ? [] : spelled(`${at}.name`, name, labelProblems)),
      ...(ports.findIndex((other) => (other.name ?? '') === name) < index ? [duplicate(`${at}.name`, name)] : []),
      ...protocolCauses(`${at}.protocol`, protocol),
      ...appProtocolCauses(`${at}.appProtocol`, appProtocol),
    ]
  })

const families: Readonly<Record<string, (text: string) => boolean>> = { IPv4: isIPv4, IPv6: isIPv6 }
const addressesMax = 100

function endpointCauses(at: string, { nodeName, hostname, hints, ...endpoint }: Endpoint, type: string): Cause[] {
  const addresses = endpoint.addresses ?? []
  const path = `${at}.addresses`
  return [
    ...(addresses.length === 0 ? [required(path, 'must contain at least 1 address')] : []),
    ...(addresses.length > addressesMax ? [tooMany(path, addresses.length, addressesMax)] : []),
    ...addresses.flatMap((address, index) => typedCauses(path, index, address, type)),
    ...(nodeName === undefined ? [] : spelled(`${at}.nodeName`, nodeName, subdomainProblems)),
    ...(hostname === undefined ? [] : spelled(`${at}.hostname`, hostname, labelProblems)),
    ...hintCauses(`${at}.hints.forZones`, hints?.forZones ?? [], labelValueProblems),
    ...hintCauses(`${at}.hints.forNodes`, hints?.forNodes ?? [], subdomainProblems),
  ]
}

const hintCauses = (at: string, hints: readonly Hint[], problems: Syntax): Cause[] =>
  hints.flatMap(({ name }, index) =>
    hints.findIndex((other) => other.name === name) < index
      ? [duplicate(`${at}[${index}].name`, name)]
      : spelled(`${at}[${index}].name`, name, problems),
  )

function typedCauses(path: string, index: number, address: string, type: string): Cause[] {
  const isOf = families[type]
  if (isOf === undefined) return type === 'FQDN' ? spelled(`${path}[${index}]`, address, subdomainProblems) : []
  const problems = type === 'IPv6' ? strictAddressProblems : addressProblems
  if (problems(address).length > 0) return spelled(`${path}[${index}]`, address, problems)
  return [
    ...(isOf(address) ? [] : [invalidValue(path, address, `must be an ${type} address`)]),
    ...spelled(`${path}[${index}]`, address, endpointAddressProblems),
  ]
}

export const slicePortText = ({ ports }: Slice): string =>
  ports === null || ports === undefined || ports.length === 0
    ? '<unset>'
    : shortened(ports.map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))))

export const sliceEndpointText = ({ endpoints }: Slice): string =>
  shortened((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])) || '<unset>'
