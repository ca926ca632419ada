/** Blocks of addresses. Source: k8s.io/apimachinery/pkg/util/validation/ip.go, IsValidCIDRForLegacyField. */
import { isIP } from 'node:net'
import type { Syntax } from './syntax.ts'

/** 4 or 6; 0 where the text is no block of addresses. */
export function cidrFamily(text: string): number {
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  return Number(bits) <= (family === 4 ? 32 : 128) ? family : 0
}

export const cidrProblems: Syntax = (text) =>
  cidrFamily(text) === 0 ? ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'] : []
