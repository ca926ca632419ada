/**
 * What clients are told without being refused. Replies carry it as it is said; {@link withPrintedWarnings} makes
 * `Warning` headers of it in the end. Source: k8s.io/apiserver/pkg/warning and pkg/endpoints/filters/warning.go, RFC 7234.
 */
import type { Exchange, Reply } from '../kube/handler.ts'
import type { KubeObject } from './types.ts'

/** Once what is said is longer than this, no warning is longer than the second. Runes. */
const totalRunes = 4096
const itemRunes = 256

/** Undefined for what no header can hold. */
function header(text: string): string | undefined {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) return undefined
  // Node sends the characters of a header as bytes.
  return `299 - "${Buffer.from(text.replaceAll(/["\\]/g, '\\$&')).toString('latin1')}"`
}

/** The reply as it is sent: nothing is told twice, and not too much. */
export function withPrintedWarnings(reply: Reply): Reply {
  if (reply.headers?.['warning'] === undefined) return reply
  const said = [reply.headers['warning']].flat()
  const texts = [...new Set(said)].filter((text) => text !== '').map((text) => [...text])
  const sayable = texts.flatMap((runes) => (header(runes.join('')) === undefined ? [] : [runes.length]))
  const isLong = sayable.reduce((sum, length) => sum + length, 0) > totalRunes
  let written = 0
  const warning = texts.flatMap((runes) => {
    if (isLong && written >= totalRunes) return []
    const printed = header(runes.slice(0, isLong ? itemRunes : undefined).join(''))
    if (printed === undefined) return []
    written += Math.min(runes.length, itemRunes)
    return [printed]
  })
  const { warning: _, ...headers } = reply.headers ?? {}
  return { ...reply, headers: { ...headers, ...(warning.length === 0 ? {} : { warning }) } }
}

export const warningHeaders = (warnings: readonly string[]): { headers?: Record<string, string[]> } =>
  warnings.length === 0 ? {} : { headers: { warning: [...warnings] } }

type Warnings = readonly string[] | (() => readonly string[])

const noted = new WeakMap<Exchange, Warnings[]>()

/** What a request is told even when it is refused in the end; worked out then, where that is dear. */
export function noteWarnings(exchange: Exchange, warnings: Warnings): void {
  if (warnings.length === 0 && typeof warnings !== 'function') return
  noted.set(exchange, [...(noted.get(exchange) ?? []), warnings])
}

/** The reply with what has been noted of the request. */
export function withNoted(exchange: Exchange, reply: Reply): Reply {
  const all = (noted.get(exchange) ?? []).flatMap((warnings) =>
    typeof warnings === 'function' ? warnings() : warnings,
  )
  return [...new Set(all)].reduceRight(withWarning, reply)
}

/** The reply with one more warning, before the others. */
export function withWarning(reply: Reply, text: string): Reply {
  const others = reply.headers?.['warning'] ?? []
  return { ...reply, headers: { ...reply.headers, warning: [text, ...[others].flat()] } }
}

/** Of finalizers that a write adds. Source: apiextensions-apiserver/pkg/registry/customresource/strategy.go. */
export const finalizerWarnings = ({ metadata }: KubeObject, before: KubeObject | undefined): string[] =>
  (metadata.finalizers ?? [])
    .filter((name) => !name.includes('/') && before?.metadata.finalizers?.includes(name) !== true)
    .map(
      (name) =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
