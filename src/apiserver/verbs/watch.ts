/** watch, generic over the resource. */
import type { Exchange, Reply, WatchStream } from '../../kube/handler.ts'
import { isTrue } from '../../kube/request.ts'
import { failure, tooLargeResourceVersion } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { listOptionsOf } from '../list-options.ts'
import { notStreamed } from '../negotiate.ts'
import { versionProblem } from '../paging.ts'
import { watchReply } from '../represent.ts'
import { scopeOf } from '../request-metrics.ts'
import type { Selection } from '../selection.ts'
import type { Stored } from '../stored.ts'
import { versionStream } from '../versions.ts'
import { errorStream, Watcher } from '../watcher.ts'
import type { VerbContext } from './context.ts'
import { tableOptions, wantedIn } from './read.ts'

/** Zero for none. Throws 500 for what is no version: so it is. */
function versionOf(version: string): number {
  const problem = versionProblem(version === '' ? '0' : version)
  if (problem !== undefined) throw failure(500, undefined, problem)
  return Number(version)
}

const placedIn = (namespace: string, selection: Selection): Selection =>
  namespace === ''
    ? selection
    : (object) => object.metadata.namespace === namespace && (selection === undefined || selection(object))

/** A watch from a version that is still to come says nothing until then. */
const onlyAfter =
  (revision: number, selection: Selection): Selection =>
  (object) =>
    Number(object.metadata.resourceVersion) > revision && (selection === undefined || selection(object))

/** The client's `timeoutSeconds`, else a random half hour to an hour, as the real server draws it. */
const watchTimeoutMin = 1800

export function watchObjects(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const { store, clock, random, watchers } = context
  const { query, namespace } = exchange.request
  const wanted = wantedIn(definition, exchange)
  const options = listOptionsOf(definition, exchange.request)
  const { sendInitialEvents: sendInitial, timeoutSeconds: seconds } = options
  const collection = store.collection(definition)
  const revision = versionOf(options.resourceVersion)
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const reply = (stream: WatchStream): Reply =>
    watchReply(definition, stream, wanted, () => tableOptions(context, exchange))
  if (revision > store.revision && sendInitial === true) throw tooLargeResourceVersion(revision, store.revision)
  if (wanted.format === 'yaml') throw notStreamed()
  if (wanted.as === 'Table') tableOptions(context, exchange)
  const placed = placedIn(namespace, options.selection)
  const selection = revision > store.revision ? onlyAfter(revision, placed) : placed
  const withState = sendInitial ?? revision === 0
  if (seconds < 0) return reply(errorStream(failure(500, 'InternalError', 'context deadline exceeded').status))
  const timeout =
    seconds > 0 ? seconds : watchTimeoutMin * (1 + random.draw('watch-timeout', store.revision, watchers.size))
  const matches = (stored: Stored): boolean => selection === undefined || selection(stored.value)
  const watcher: Watcher = new Watcher({
    collection,
    clock,
    filter: selection,
    from: withState || revision === 0 ? store.revision : revision,
    initial: withState
      ? { objects: collection.list(namespace).filter(matches), bookmark: sendInitial === true && bookmarks }
      : undefined,
    bookmarks,
    scope: scopeOf(exchange.request),
    revision: () => store.revision,
    timeout: timeout * 1000,
    onClose: () => watchers.delete(watcher),
  })
  watchers.add(watcher)
  return reply(versionStream(definition, watcher))
}
