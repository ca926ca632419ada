/** Addresses. Source: k8s.io/apimachinery/pkg/util/validation/ip.go; pkg/apis/core/validation, ValidateEndpointIP. */
import { BlockList, isIP } from 'node:net'
import type { Syntax } from '../../kube/syntax.ts'

export const addressProblems: Syntax = (text) =>
  isIP(text) === 0 ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []

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
