/**
 * Who asks? Client certificates and bearer tokens: given ones, of service accounts, of bootstrap Secrets.
 * Source: k8s.io/apiserver/pkg/authentication.
 */
import type { Exchange, Peer } from '../../kube/handler.ts'
import { unauthorized } from '../../kube/status.ts'
import { secrets } from '../resources/secrets.ts'
import type { ObjectStore } from '../store.ts'
import type { ServiceAccountTokens } from './service-account-tokens.ts'
import { TokenProblem } from './service-account-users.ts'
import { issuer } from './signing-key.ts'

export interface User {
  readonly name: string
  readonly uid?: string | undefined
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

export const authenticated = (user: User): User =>
  user.groups.includes('system:authenticated') ? user : { ...user, groups: [...user.groups, 'system:authenticated'] }

/** Throws 401 for a credential that is wrong; no credential at all is system:anonymous. */
export function authenticate(exchange: Exchange, authenticators: Authenticators): User {
  const { certificate } = exchange.peer
  if (certificate === 'invalid') throw unauthorized()
  if (certificate !== undefined) return userOfCertificate(certificate)
  // What is no bearer token is no credential.
  const token = /^Bearer\s+(\S+)$/i.exec(String(exchange.headers.authorization ?? ''))?.[1]
  if (token === undefined) return anonymous
  const user = userOfToken(token, authenticators)
  if (user === undefined) throw unauthorized()
  return authenticated(user)
}

/** Whom a token stands for and for which of the audiences; undefined for one that nobody has given out. */
export interface Recognized {
  readonly user: User
  readonly audiences: readonly string[]
}

/** Throws {@link TokenProblem} where more can be said than that the token is invalid. */
export function recognized(
  token: string,
  audiences: readonly string[],
  { tokens, serviceAccounts, store, nowMs }: Authenticators,
): Recognized | undefined {
  const own = serviceAccounts.recognize(token, audiences)
  if (own !== undefined) return own
  const user = tokens?.get(token) ?? userOfBootstrapToken(token, store, nowMs())
  // These say nothing of audiences: they are for the server itself.
  return user !== undefined && audiences.includes(issuer) ? { user, audiences: [issuer] } : undefined
}

function userOfToken(token: string, authenticators: Authenticators): User | undefined {
  try {
    return recognized(token, [issuer], authenticators)?.user
  } catch (error) {
    if (error instanceof TokenProblem) return undefined
    throw error
  }
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
