/** Addresses. Source: k8s.io/apimachinery/pkg/util/validation/ip.go; pkg/apis/core/validation, ValidateEndpointIP. */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { cidrFamily } from '../../kube/cidr.ts'
import type { Syntax } from '../../kube/syntax.ts'
import { parseAddress, parseNetwork } from '../cel/library/addresses.ts'

/** Links have no names here. */
const familyOf = (text: string): number => (text.includes('%') ? 0 : isIP(text))

const isMapped = (text: string): boolean => /^::ffff:/i.test(text)
/** As old clients write them. */
const withoutZeros = (text: string): string => text.replaceAll(/(^|[./])0+(?=\d)/g, '$1')

/** Of fields that are older than the one form of an address. Source: IsValidIPForLegacyField. */
export const addressProblems: Syntax = (text) => {
  if (familyOf(text) === 0)
    return isIPv4(withoutZeros(text))
      ? ['must not have leading 0s']
      : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  return isMapped(text) ? ['must not be an IPv4-mapped IPv6 address'] : []
}

/** Source: IsValidCIDRForLegacyField. */
export const blockProblems: Syntax = (text) => {
  if (cidrFamily(text) === 0 || /\/0\d/.test(text))
    return cidrFamily(withoutZeros(text)) === 0
      ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
      : ['must not have leading 0s in IP or prefix length']
  if (isMapped(text)) return ['must not have an IPv4-mapped IPv6 address']
  const network = parseNetwork(text)
  return network.address.value === network.masked().address.value
    ? []
    : ['must not have bits set beyond the prefix length']
}

/** In the one form that there is. */
const canonically =
  (problems: Syntax, canonical: (text: string) => string): Syntax =>
  (text) => {
    const found = problems(text)
    if (found.length > 0) return found
    const form = canonical(text)
    return text === form ? [] : [`must be in canonical form (${JSON.stringify(form)})`]
  }

const addressForm = (text: string): string => String(parseAddress(text))
const blockForm = (text: string): string => String(parseNetwork(text))

/** Source: IsValidIP. */
export const strictAddressProblems = canonically(addressProblems, addressForm)
/** Source: IsValidCIDR. */
export const strictCidrProblems = canonically(blockProblems, blockForm)

const unusual = (what: string, at: string, text: string, form: string): string[] =>
  text === form
    ? []
    : [`${at}: IPv6 ${what} ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(form)})`]

/** What is said of an address in a form of its own; nothing of what is none. Source: GetWarningsForIP. */
export const addressWarnings = (at: string, text: string): string[] =>
  familyOf(text) === 6 ? unusual('address', at, text, addressForm(text)) : []

/** Source: GetWarningsForCIDR. */
export const blockWarnings = (at: string, text: string): string[] =>
  cidrFamily(text) === 6 ? unusual('CIDR value', at, text, blockForm(text)) : []

const blocks = (v4: readonly [string, number], v6: readonly [string, number]): BlockList => {
  const list = new BlockList()
  list.addSubnet(...v4, 'ipv4')
  list.addSubnet(...v6, 'ipv6')
  return list
}

const special: readonly [BlockList, string][] = [
  [blocks(['0.0.0.0', 32], ['::', 128]), 'may not be unspecified'],
  [blocks(['127.0.0.0', 8], ['::1', 128]), 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [blocks(['169.254.0.0', 16], ['fe80::', 10]), 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [blocks(['224.0.0.0', 24], ['ff02::', 16]), 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
]

/** Where pods may be: nothing that means this host, this link or nobody. */
export const endpointAddressProblems: Syntax = (text) => {
  const plain = withoutZeros(text)
  const family = isIP(plain)
  if (family === 0) return ['must be a valid IP address']
  return special
    .filter(([list]) => list.check(plain, family === 4 ? 'ipv4' : 'ipv6'))
    .map(([, problem]) => (problem === 'may not be unspecified' ? `${problem} (${text})` : problem))
}
