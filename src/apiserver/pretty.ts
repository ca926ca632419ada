/**
 * JSON for people: indented where they ask for it, or come with a browser or a tool of the command line.
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation, isPrettyPrint.
 */
import { encoded, type EncodedValue, type Exchange, type Reply } from '../kube/handler.ts'

const people = /^(curl|Wget|Mozilla\/5\.0)/

function wantsPretty({ request, headers }: Exchange): boolean {
  const asked = request.query.get('pretty') ?? ''
  if (asked !== '') return /^(1|[tT]|TRUE|true|True)$/.test(asked)
  return /;\s*pretty=1\b/.test(String(headers['accept'])) || people.test(String(headers['user-agent']))
}

export function prettied(exchange: Exchange, reply: Reply): Reply {
  const { body, headers } = reply
  const type = headers?.['content-type'] ?? 'application/json'
  if (body.kind !== 'value' || type !== 'application/json' || !wantsPretty(exchange)) return reply
  return inLines(reply, body.value)
}

/** Whoever asks. */
export const alwaysPretty = (value: unknown): Reply => inLines({ status: 200 }, encoded(value))

const inLines = (head: Omit<Reply, 'body'>, compact: EncodedValue): Reply => ({
  ...head,
  body: { kind: 'value', value: { value: compact.value, bytes: () => indented(compact.bytes()) } },
})

/** Compact JSON as Go's json.Indent has it, with two spaces; byte by byte, whatever is in its texts. */
export function indented(json: Buffer): Buffer {
  let text = ''
  let depth = 0
  const line = (): string => `\n${'  '.repeat(depth)}`
  for (const token of json.toString('latin1').matchAll(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s"[\]{},:]+/g)) {
    const [part] = token
    if (part === '{' || part === '[') {
      depth++
      text += part + line()
    } else if (part === '}' || part === ']') {
      depth--
      text += line() + part
    } else if (part === ',') text += part + line()
    else text += part === ':' ? ': ' : part
  }
  return Buffer.from(text, 'latin1')
}
