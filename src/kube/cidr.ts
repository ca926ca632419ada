/** Blocks of addresses. */
import { isIP } from 'node:net'

/** 4 or 6; 0 where the text is no block of addresses. */
export function cidrFamily(text: string): number {
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  return Number(bits) <= (family === 4 ? 32 : 128) ? family : 0
}
