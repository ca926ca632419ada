/** What the real server's reader says of bytes that are no UTF-8. Source: go.yaml.in/yaml/v2, readerc.go. */
import { isUtf8 } from 'node:buffer'

/** Undefined where there is nothing to say. */
export function utf8Problem(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return undefined
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] as number
    const width = widthOf(lead)
    if (width === 0) return 'invalid leading UTF-8 octet'
    if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence'
    const sequence = bytes.subarray(at, at + width)
    if (sequence.subarray(1).some((octet) => (octet & 0xc0) !== 0x80)) return 'invalid trailing UTF-8 octet'
    if (!isUtf8(sequence))
      return isOverlong(sequence) ? 'invalid length of a UTF-8 sequence' : 'invalid Unicode character'
    at += width
  }
  return undefined
}

function widthOf(lead: number): number {
  if (lead < 0x80) return 1
  if ((lead & 0xe0) === 0xc0) return 2
  if ((lead & 0xf0) === 0xe0) return 3
  return (lead & 0xf8) === 0xf0 ? 4 : 0
}

/** Whether fewer bytes would do. */
const isOverlong = ([lead = 0, second = 0]: Uint8Array): boolean =>
  lead < 0xc2 || (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90)
