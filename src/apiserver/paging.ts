/**
 * Lists in pages: every page shows the revision of the first one, as long as the history reaches back to it.
 * Source: k8s.io/apiserver/pkg/storage/continue.go, etcd3/store.go, validation of options.
 */
import { posix } from 'node:path'
import { isRecord } from '../kube/object.ts'
import { integerProblem } from '../kube/go-number.ts'
import { badRequest, expired, failure, StatusError, tooLargeResourceVersion } from '../kube/status.ts'
import type { Collection } from './collection.ts'
import type { ResourceDefinition } from './definition.ts'
import type { ListHead } from './represent.ts'
import type { ListOptions } from './list-options.ts'
import type { ObjectStore } from './store.ts'
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
  const at = /[^\w-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined)
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
  store: ObjectStore,
  definition: ResourceDefinition,
  namespace: string,
  options: ListOptions,
): Page {
  const { revision } = store
  const collection = store.collection(definition)
  const { selection, resourceVersion: version } = options
  const token = options.continue === '' ? undefined : decodeToken(options.continue, namespace)
  if (token !== undefined && version !== '' && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
  const at = token === undefined ? exactRevision(options, revision, definition.uncached !== true) : token.revision
  const all = at === undefined || at < 0 ? collection.list(namespace) : listAt(collection, at, namespace, token)
  const shown = at === undefined || at < 0 ? revision : at
  const matching = selection === undefined ? all : all.filter((stored) => selection(stored.value))
  const rest = token === undefined ? matching : matching.filter(({ key }) => key > token.after)
  // A list of whatever is cached comes whole, as from the real watch cache.
  const limit = version === '0' && definition.uncached !== true ? 0 : options.limit
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

function exactRevision(options: ListOptions, revision: number, cached: boolean): number | undefined {
  const { resourceVersion: version, resourceVersionMatch: match, limit, isSingle } = options
  if (version === '') return undefined
  const problem = versionProblem(version)
  if (problem !== undefined) throw badRequest(`invalid resource version: ${problem}`)
  if (Number(version) > revision) throw tooLargeResourceVersion(Number(version), revision, cached)
  // A page of a version is of just that version, as from before there was a word for it.
  const isPage = match === '' && limit > 0 && Number(version) > 0 && !isSingle
  return match === 'Exact' || isPage ? Number(version) : undefined
}

/** What is wrong with a resourceVersion that is no number. */
export function versionProblem(version: string): string | undefined {
  const problem = integerProblem(version, 'ParseUint')
  return problem === undefined ? undefined : `resourceVersion: Invalid value: ${JSON.stringify(version)}: ${problem}`
}

function listAt(collection: Collection, revision: number, namespace: string, token: Token | undefined): Stored[] {
  const list = collection.listAt(revision, namespace)
  if (list !== undefined) return list
  if (token === undefined) throw expired('The resourceVersion for the provided list is too old.')
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
