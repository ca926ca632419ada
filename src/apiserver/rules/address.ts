/** Addresses. Source: k8s.io/apimachinery/pkg/util/validation/ip.go; pkg/apis/core/validation, ValidateEndpointIP. */
import { BlockList, isIP, isIPv4 } from 'node:net'
import { cidrFamily, cidrProblems } from '../../kube/cidr.ts'
import type { Syntax } from '../../kube/syntax.ts'
import { parseAddress, parseNetwork } from '../cel/library/addresses.ts'

export const addressProblems: Syntax = (text) =>
  isIP(text) === 0 ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []

const isMapped = (text: string): boolean => /^::ffff:/i.test(text)
/** As old clients write them. */
const withoutZeros = (text: string): string => text.replaceAll(/(^|[./])0+(?=\d)/g, '$1')

const canonicalProblems = (text: string, canonical: string): string[] =>
  text === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]

/** An address in the one form that it has. Source: IsValidIP. */
export const strictAddressProblems: Syntax = (text) => {
  if (isIP(text) === 0) return isIPv4(withoutZeros(text)) ? ['must not have leading 0s'] : addressProblems(text)
  if (isMapped(text)) return ['must not be an IPv4-mapped IPv6 address']
  return canonicalProblems(text, String(parseAddress(text)))
}

/** Source: IsValidCIDR. */
export const strictCidrProblems: Syntax = (text) => {
  if (cidrFamily(text) === 0 || /\/0\d/.test(text))
    return cidrFamily(withoutZeros(text)) === 0
      ? cidrProblems(text)
      : ['must not have leading 0s in IP or prefix length']
  if (isMapped(text.slice(0, text.indexOf('/')))) return ['must not have an IPv4-mapped IPv6 address']
  const network = parseNetwork(text)
  return network.address.value === network.masked().address.value
    ? canonicalProblems(text, String(network))
    : ['must not have bits set beyond the prefix length']
}

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
  const family = isIP(text)
  if (family === 0) return ['must be a valid IP address']
  return special
    .filter(([list]) => list.check(text, family === 4 ? 'ipv4' : 'ipv6'))
    .map(([, problem]) => (problem === 'may not be unspecified' ? `${problem} (${text})` : problem))
}
