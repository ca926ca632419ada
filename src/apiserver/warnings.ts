/** What clients are told without being refused, in `Warning` headers. Source: k8s.io/apiserver/pkg/warning, RFC 7234. */
import type { Exchange, Reply } from '../kube/handler.ts'
import type { KubeObject } from './types.ts'

const header = (text: string): string => `299 - "${text.replaceAll('"', '\\"')}"`

/** Nothing is told twice. */
export const warningHeaders = (warnings: readonly string[]): { headers?: Record<string, string[]> } =>
  warnings.length === 0 ? {} : { headers: { warning: [...new Set(warnings)].map(header) } }

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
  return { ...reply, headers: { ...reply.headers, warning: [header(text), ...[others].flat()] } }
}

/** Of finalizers that a write adds. Source: apiextensions-apiserver/pkg/registry/customresource/strategy.go. */
export const finalizerWarnings = ({ metadata }: KubeObject, before: KubeObject | undefined): string[] =>
  (metadata.finalizers ?? [])
    .filter((name) => !name.includes('/') && before?.metadata.finalizers?.includes(name) !== true)
    .map(
      (name) =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
