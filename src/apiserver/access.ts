/**
 * Who asks, and may they? Client certificates and bearer tokens are checked as the real server checks them;
 * authorization knows one rule, `system:masters` passes (a role-based evaluator is not here yet: docs/fidelity.md).
 * Source: k8s.io/apiserver/pkg/endpoints/filters, pkg/endpoints/handlers/responsewriters/errors.go.
 */
import type { Exchange } from '../kube/handler.ts'
import type { KubeRequest } from '../kube/request.ts'
import { forbidden, unauthorized } from '../kube/status.ts'

export interface User {
  readonly name: string
  readonly groups: readonly string[]
}

export interface AccessOptions {
  /** Bearer tokens and whom they stand for. */
  readonly tokens?: ReadonlyMap<string, User>
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Throws 401 for a credential that is wrong; no credential at all is system:anonymous. */
export function authenticate(exchange: Exchange, options: AccessOptions): User {
  const { certificate } = exchange.peer
  if (certificate === 'invalid') throw unauthorized()
  if (certificate !== undefined) return { name: certificate.user, groups: certificate.groups }
  const { authorization } = exchange.headers
  if (authorization === undefined) return anonymous
  const token = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] : undefined
  const user = token === undefined ? undefined : options.tokens?.get(token)
  if (user === undefined) throw unauthorized()
  return user
}

/** Paths that anybody may read, by the default role system:public-info-viewer. */
const publicPaths = new Set(['/healthz', '/livez', '/readyz', '/version'])

export function authorize(user: User, request: KubeRequest): void {
  if (user.groups.includes('system:masters')) return
  if (!request.isResource) {
    if (publicPaths.has(request.path)) return
    throw forbidden(
      { group: '', resource: '', name: '' },
      `forbidden: User "${user.name}" cannot ${request.verb} path "${request.path}"`,
    )
  }
  const { group, resource, subresource, namespace, name, verb } = request
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const subject = group === '' ? resource : `${resource}.${group}`
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  throw forbidden(
    { group, resource, name },
    `${subject}${name === '' ? '' : ` "${name}"`} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${scope}`,
  )
}
