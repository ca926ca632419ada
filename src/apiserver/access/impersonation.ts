/**
 * Whom the client wants to be taken for. Constrained modes, which look at what is asked for as well, are tried before
 * the old one; where none applies, the first one's refusal is told.
 * Source: k8s.io/apiserver/pkg/endpoints/filters/impersonation (KEP-5284).
 */
import type { Exchange } from '../../kube/handler.ts'
import { StatusError, badRequest } from '../../kube/status.ts'
import type { User } from './authenticate.ts'
import type { AccessAttributes, ResourceAttributes } from './policy-rule.ts'
import { refusal, type RoleBasedAccess } from './rbac.ts'
import { serviceAccountGroups } from './service-account-users.ts'

interface WantedUser {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

interface Attempt {
  readonly user: User
  readonly wanted: WantedUser
  readonly rbac: RoleBasedAccess
  /** What is to be done as the other user. */
  readonly asked: AccessAttributes
}

interface Mode {
  readonly name: string
  readonly applies: (wanted: WantedUser) => boolean
}

const extraPrefix = 'impersonate-extra-'
const authentication = 'authentication.k8s.io'

const rememberedMax = 10_000

export class Impersonation {
  readonly #rbac: RoleBasedAccess
  /** The mode that last worked for a user is tried first, and tells its refusal. */
  readonly #lastModes = new Map<string, Mode>()

  constructor(rbac: RoleBasedAccess) {
    this.#rbac = rbac
  }

  /** The user that the Impersonate headers name, if the real one may be them; else the real one. Throws 400 and 403. */
  userOf(user: User, exchange: Exchange): User {
    const wanted = wantedUser(exchange.headers)
    if (wanted === undefined) return user
    const attempt = { user, wanted, rbac: this.#rbac, asked: this.#rbac.attributesOf(exchange.request) }
    const last = this.#lastModes.get(user.name)
    const ordered = last === undefined ? modes : [last, ...modes.filter((mode) => mode !== last)]
    let first: StatusError | undefined
    for (const mode of ordered.filter(({ applies }) => applies(wanted))) {
      try {
        const found = mode.name === 'legacy' ? as(attempt, 'impersonate', '') : constrained(attempt, mode.name)
        if (this.#lastModes.size >= rememberedMax) this.#lastModes.clear()
        this.#lastModes.set(user.name, mode)
        return found
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        first ??= error
      }
    }
    throw first as StatusError
  }
}

const nodeName = (user: string): string | undefined => /^system:node:(.+)$/.exec(user)?.[1]
const account = (user: string): { namespace: string; name: string } | undefined => {
  const [, namespace = '', name = ''] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? []
  return name === '' ? undefined : { namespace, name }
}

const nameAlone = ({ uid, groups, extra }: WantedUser): boolean =>
  uid === '' && groups.length === 0 && Object.keys(extra).length === 0

/** In the order in which they are tried. */
const modes: readonly Mode[] = [
  { name: 'arbitrary-node', applies: (wanted) => nameAlone(wanted) && nodeName(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => nameAlone(wanted) && account(wanted.name) !== undefined },
  { name: 'user-info', applies: ({ name }) => nodeName(name) === undefined && account(name) === undefined },
  { name: 'legacy', applies: () => true },
]

/** Both have to be allowed: to do the thing as others, and to be this one. */
function constrained(attempt: Attempt, mode: string): User {
  const { user, wanted, rbac, asked } = attempt
  rbac.require(user, { ...asked, verb: `impersonate-on:${mode}:${asked.verb}` })
  const verb = `impersonate:${mode}`
  const refused = (name: string, why: string): Error =>
    refusal(user, { verb, group: authentication, resource: 'groups', subresource: '', namespace: '', name }, why)
  if (wanted.groups.includes('')) throw refused('', 'impersonating the empty string group is not allowed')
  if (wanted.groups.includes('system:masters'))
    throw refused('system:masters', 'impersonating the system:masters group is not allowed')
  return as(attempt, verb, authentication)
}

/** `group` is that of users, groups and accounts, which the old mode has among the core kinds. */
function as({ user, wanted, rbac }: Attempt, verb: string, group: string): User {
  const check = (resource: string, name: string, more: Partial<ResourceAttributes> = {}): void =>
    rbac.require(user, { verb, group, resource, subresource: '', namespace: '', name, ...more })
  const node = group === '' ? undefined : nodeName(wanted.name)
  const service = account(wanted.name)
  if (service !== undefined) check('serviceaccounts', service.name, { namespace: service.namespace })
  else check(node === undefined ? 'users' : 'nodes', node ?? wanted.name)
  if (wanted.uid !== '') check('uids', wanted.uid, { group: authentication })
  for (const each of wanted.groups) check('groups', each)
  for (const [key, values] of Object.entries(wanted.extra))
    for (const value of values) check('userextras', value, { group: authentication, subresource: key })
  const { name, uid, extra } = wanted
  return {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: withKind(name, groupsOf(wanted, node)),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

function groupsOf({ name, groups }: WantedUser, node: string | undefined): readonly string[] {
  if (groups.length > 0) return groups
  if (node !== undefined) return ['system:nodes']
  const service = account(name)
  return service === undefined ? [] : serviceAccountGroups(service.namespace)
}

function withKind(name: string, groups: readonly string[]): readonly string[] {
  const kind =
    name === 'system:anonymous' || groups.includes('system:unauthenticated')
      ? 'system:unauthenticated'
      : 'system:authenticated'
  return groups.includes(kind) ? groups : [...groups, kind]
}

/** Looked at on every request: most have no such header. */
function asksForAnother(headers: Exchange['headers']): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}

function wantedUser(headers: Exchange['headers']): WantedUser | undefined {
  if (!asksForAnother(headers)) return undefined
  const name = String(headers['impersonate-user'] ?? '')
  const uid = String(headers['impersonate-uid'] ?? '')
  const groups = listOf(headers['impersonate-group'])
  const said = Object.keys(headers).filter((header) => header.startsWith(extraPrefix))
  const extra = Object.fromEntries(
    said.map((header) => [decoded(header.slice(extraPrefix.length)), listOf(headers[header])]),
  )
  if (name !== '') return { name, uid, groups, extra }
  if (uid === '' && groups.length === 0 && said.length === 0) return undefined
  throw badRequest(`requested ${inGo({ name, uid, groups, extra })} without impersonating a user name`)
}

/** Malformed keys are taken as they are. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** As Go prints the user that the headers would make. */
function inGo({ uid, groups, extra }: WantedUser): string {
  const list = (texts: readonly string[]): string =>
    texts.length === 0 ? '[]string(nil)' : `[]string{${texts.map((text) => JSON.stringify(text)).join(', ')}}`
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const extras = `map[string][]string${entries.length === 0 ? '(nil)' : `{${entries.join(', ')}}`}`
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:${extras}}`
}

const listOf = (header: string | string[] | undefined): string[] =>
  header === undefined ? [] : (Array.isArray(header) ? header : header.split(',')).map((text) => text.trim())
