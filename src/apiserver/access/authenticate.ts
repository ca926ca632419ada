/**
 * Who asks? Client certificates, bearer tokens (given ones, of service accounts, of bootstrap Secrets), and whom the
 * client wants to be taken for. Source: k8s.io/apiserver/pkg/authentication, pkg/endpoints/filters/impersonation.go.
 */
import type { Exchange, Peer } from '../../kube/handler.ts'
import { failure, forbidden, unauthorized } from '../../kube/status.ts'
import { secrets } from '../resources/secrets.ts'
import type { ObjectStore } from '../store.ts'
import type { ServiceAccountTokens } from './service-account-tokens.ts'

export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface Authenticators {
  /** Bearer tokens and whom they stand for. */
  readonly tokens: ReadonlyMap<string, User> | undefined
  readonly serviceAccounts: ServiceAccountTokens
  readonly store: ObjectStore
  readonly nowMs: () => number
}

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

const certified = new WeakMap<object, User>()

/** A connection's certificate stands for the same user on every request. */
function userOfCertificate(certificate: Exclude<Peer['certificate'], 'invalid' | undefined>): User {
  let user = certified.get(certificate)
  if (user === undefined) {
    const { user: name, groups, fingerprint } = certificate
    const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] }
    user = authenticated({ name, groups, ...(fingerprint === undefined ? {} : { extra }) })
    certified.set(certificate, user)
  }
  return user
}

const authenticated = (user: User): User =>
  user.groups.includes('system:authenticated') ? user : { ...user, groups: [...user.groups, 'system:authenticated'] }

/** Throws 401 for a credential that is wrong; no credential at all is system:anonymous. */
export function authenticate(exchange: Exchange, authenticators: Authenticators): User {
  const { certificate } = exchange.peer
  if (certificate === 'invalid') throw unauthorized()
  if (certificate !== undefined) return userOfCertificate(certificate)
  const { authorization } = exchange.headers
  if (authorization === undefined) return anonymous
  const token = typeof authorization === 'string' ? /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] : undefined
  const user = token === undefined ? undefined : userOfToken(token, authenticators)
  if (user === undefined) throw unauthorized()
  return authenticated(user)
}

/** Undefined for a token that nobody has given out. */
export function userOfToken(
  token: string,
  { tokens, serviceAccounts, store, nowMs }: Authenticators,
): User | undefined {
  return tokens?.get(token) ?? serviceAccounts.userOf(token) ?? userOfBootstrapToken(token, store, nowMs())
}

/** Source: k8s.io/kubernetes/plugin/pkg/auth/authenticator/token/bootstrap. */
function userOfBootstrapToken(token: string, store: ObjectStore, nowMs: number): User | undefined {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? []
  if (id === undefined) return undefined
  const stored = store.get(secrets, `kube-system/bootstrap-token-${id}`)?.value
  if (stored?.['type'] !== 'bootstrap.kubernetes.io/token' || stored.metadata.deletionTimestamp !== undefined)
    return undefined
  const data = (stored['data'] ?? {}) as Record<string, string>
  const value = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString('utf8')
  const expires = Date.parse(value('expiration'))
  if (value('token-id') !== id || value('token-secret') !== secret || expires <= nowMs) return undefined
  if (value('usage-bootstrap-authentication') !== 'true') return undefined
  const extra = value('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra] }
}

/** A request to do something, as authorizers look at it. */
export interface ResourceAttributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

/** As Go prints the user that the headers would make. */
function nobodyNamed(groups: readonly string[], extra: readonly string[], headers: Exchange['headers']): Error {
  const list = (texts: readonly string[]): string =>
    texts.length === 0 ? '[]string(nil)' : `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`
  const entries = extra.map(
    (header) => `${JSON.stringify(header.slice('impersonate-extra-'.length))}:${list(listOf(headers[header]))}`,
  )
  const extras = `map[string][]string${entries.length === 0 ? '(nil)' : `{${entries.join(', ')}}`}`
  return failure(
    400,
    'BadRequest',
    `requested &user.DefaultInfo{Name:"", UID:"", Groups:${list(groups)}, Extra:${extras}} without impersonating a user name`,
  )
}

/** The user that the Impersonate headers name, if the real one may be them; else the real one. */
export function impersonated(
  user: User,
  { headers }: Exchange,
  may: (user: User, attributes: ResourceAttributes) => boolean,
): User {
  const name = headers['impersonate-user']
  const groups = listOf(headers['impersonate-group'])
  const extra = Object.keys(headers).filter((header) => header.startsWith('impersonate-extra-'))
  if (name === undefined) {
    if (groups.length > 0 || extra.length > 0) throw nobodyNamed(groups, extra, headers)
    return user
  }
  const check = (group: string, resource: string, subresource: string, namespace: string, target: string): void => {
    if (may(user, { verb: 'impersonate', group, resource, subresource, namespace, name: target })) return
    throw forbidden(
      { group, resource, name: target },
      `${resource}${group === '' ? '' : `.${group}`} "${target}" is forbidden: User "${user.name}" cannot impersonate resource "${resource}" in API group "${group}" ${namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`}`,
    )
  }
  const target = String(name)
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(target)
  if (account === null) check('', 'users', '', '', target)
  else check('', 'serviceaccounts', '', account[1] as string, account[2] as string)
  for (const group of groups) check('', 'groups', '', '', group)
  const own = account === null ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
  const all = groups.length > 0 ? groups : own
  return {
    name: target,
    groups:
      target === 'system:anonymous'
        ? ['system:unauthenticated', ...all]
        : [...new Set([...all, 'system:authenticated'])],
    ...(extra.length === 0
      ? {}
      : {
          extra: Object.fromEntries(
            extra.map((header) => [decodeURIComponent(header.slice(18)), listOf(headers[header])]),
          ),
        }),
  }
}

const listOf = (header: string | string[] | undefined): string[] =>
  header === undefined ? [] : (Array.isArray(header) ? header : header.split(',')).map((text) => text.trim())
