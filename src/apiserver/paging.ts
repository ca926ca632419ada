/**
 * Lists in pages: every page shows the revision of the first one, as long as the history reaches back to it.
 * Source: k8s.io/apiserver/pkg/storage/continue.go, etcd3/store.go; apis/meta/internalversion/validation.
 */
import { posix } from 'node:path'
import { isRecord } from '../kube/object.ts'
import { isTrue } from '../kube/request.ts'
import {
  badRequest,
  failure,
  forbiddenValue,
  notSupported,
  StatusError,
  tooLargeResourceVersion,
  tooOldResourceVersion,
  type StatusCause,
} from '../kube/status.ts'
import { invalidOptions } from './request-options.ts'
import type { Collection } from './collection.ts'
import type { ListHead } from './represent.ts'
import type { Selection } from './selection.ts'
import type { Stored } from './stored.ts'

interface Token {
  /** −1: whatever is there now, the client knows that it is inconsistent. */
  readonly revision: number
  /** The last key of the page before. */
  readonly after: string
}

/** The real token names the key below the list's own, from the slash on. */
const encodeToken = ({ revision, after }: Token, namespace: string): string => {
  const start = namespace === '' ? `/${after}` : after.slice(namespace.length)
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${start}\0` })).toString('base64url')
}

function decodeToken(text: string, namespace: string): Token {
  const bad = (why: string): Error => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const at = /[^\w-]/.exec(text)?.index
  if (at !== undefined) throw bad(`illegal base64 data at input byte ${at}`)
  const bytes = Buffer.from(text, 'base64url')
  let token: unknown
  try {
    token = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw bad(`invalid character '${String.fromCharCode(bytes[0] ?? 0)}' looking for beginning of value`)
  }
  const { v = '', rv, start } = isRecord(token) ? token : {}
  if (v !== 'meta.k8s.io/v1' || typeof rv !== 'number' || typeof start !== 'string')
    throw bad(`server does not recognize this encoded version ${String(v)}`)
  if (rv === 0) throw bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (start === '') throw bad('encoded start key empty (version meta.k8s.io/v1)')
  const key = start.startsWith('/') ? start : `/${start}`
  if (posix.normalize(key) !== key) throw bad(start)
  const after = key.slice(1).replace(/\0$/, '')
  return { revision: rv, after: namespace === '' ? after : `${namespace}/${after}` }
}

export interface Page {
  readonly items: readonly Stored[]
  readonly head: ListHead
}

/** What a list request gets: the objects that match, from the page that it asks for. */
export function pageOf(
  collection: Collection,
  revision: number,
  namespace: string,
  query: URLSearchParams,
  selection: Selection,
): Page {
  checkOptions(query)
  const version = query.get('resourceVersion') ?? ''
  if (query.get('continue') && version !== '' && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
  const token = query.get('continue') ? decodeToken(query.get('continue') as string, namespace) : undefined
  const at = token === undefined ? exactRevision(query, revision) : token.revision
  const all = at === undefined || at < 0 ? collection.list(namespace) : listAt(collection, at, namespace, token)
  const shown = at === undefined || at < 0 ? revision : at
  const matching = selection === undefined ? all : all.filter((stored) => selection(stored.value))
  const rest = token === undefined ? matching : matching.filter(({ key }) => key > token.after)
  // A list of whatever is cached comes whole, as from the real watch cache.
  const limit = version === '0' ? 0 : Number(query.get('limit') ?? 0)
  if (!(limit > 0) || rest.length <= limit) return { items: rest, head: { resourceVersion: String(shown) } }
  const items = rest.slice(0, limit)
  return {
    items,
    head: {
      resourceVersion: String(shown),
      continue: encodeToken({ revision: shown, after: (items.at(-1) as Stored).key }, namespace),
      ...(selection === undefined ? { remainingItemCount: rest.length - limit } : {}),
    },
  }
}

function exactRevision(query: URLSearchParams, revision: number): number | undefined {
  const version = query.get('resourceVersion') ?? ''
  if (version === '') return undefined
  if (!/^\d+$/.test(version)) throw badRequest(`invalid resource version: ${versionProblem(version)}`)
  if (Number(version) > revision) throw tooLargeResourceVersion(Number(version), revision)
  return query.get('resourceVersionMatch') === 'Exact' ? Number(version) : undefined
}

/** What is wrong with a resourceVersion that is no number. */
export const versionProblem = (version: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`

function listAt(collection: Collection, revision: number, namespace: string, token: Token | undefined): Stored[] {
  const list = collection.listAt(revision, namespace)
  if (list !== undefined) return list
  if (token === undefined) throw tooOldResourceVersion(revision, collection.log.oldest)
  const { status } = failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  )
  throw new StatusError({
    ...status,
    metadata: { continue: encodeToken({ revision: -1, after: token.after }, namespace) },
  })
}

/** Source: k8s.io/apimachinery/pkg/apis/meta/internalversion/validation. */
function checkOptions(query: URLSearchParams): void {
  const causes: Required<StatusCause>[] = []
  const match = query.get('resourceVersionMatch') ?? ''
  if (match !== '') {
    const version = query.get('resourceVersion') ?? ''
    if (version === '')
      causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (query.get('continue'))
      causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      causes.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && version === '0')
      causes.push(forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (query.get('sendInitialEvents') !== null)
    causes.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  if (causes.length > 0) throw invalidOptions('ListOptions', ...causes)
}

const field = 'resourceVersionMatch'

/** Whether a watch begins with what is there; undefined where its client says nothing of it and asks for a version. */
export function initialEvents(query: URLSearchParams): boolean | undefined {
  const said = query.get('sendInitialEvents')
  const match = query.get('resourceVersionMatch') ?? ''
  const causes: Required<StatusCause>[] = []
  // Who wants no version in particular gets what is there.
  const begins = said === null && match === '' && ['', '0'].includes(query.get('resourceVersion') ?? '')
  const required = 'NotOlderThan'
  if (said !== null && match !== required)
    causes.push(forbiddenValue(field, `sendInitialEvents requires setting resourceVersionMatch to ${required}`))
  if (match !== '' && said === null)
    causes.push(
      forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  if (match !== '' && match !== required) causes.push(notSupported(field, match, [required]))
  if ((match !== '' || begins) && query.get('continue'))
    causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'))
  if (causes.length > 0) throw invalidOptions('ListOptions', ...causes)
  return said === null ? undefined : isTrue(said)
}
