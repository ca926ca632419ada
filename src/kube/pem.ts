/** PEM as Go's encoding/pem reads it: blocks that can't be decoded are skipped. */

export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const block =
  /(?<=^|\n)-----BEGIN ([^\n]*)-----[ \t\r]*\n((?:[^\n]*:[^\n]*\n)*)((?:(?!-----)[^])*\n)?-----END \1-----[ \t\r]*(?=\n|$)/g

export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].flatMap(([, type = '', headers = '', body = '']) => {
    const base64 = body.replaceAll(/[ \t\r\n]/g, '')
    const isWhole = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)
    return isWhole ? [{ type, hasHeaders: headers !== '', bytes: Buffer.from(base64, 'base64') }] : []
  })
}
