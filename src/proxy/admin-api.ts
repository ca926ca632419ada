/**
 * The admin API of a running proxy, as a Handler: faults ordered, renewed and healed from another process, what the
 * proxy decides as a stream, its counts, and a way to its clusters that no fault touches. Only for who has the token.
 */
import { timingSafeEqual } from 'node:crypto'
import type { FaultControl, FaultOrder } from '../faults/control.ts'
import { orderSchema } from '../faults/control.ts'
import { faultKind } from '../faults/catalogue.ts'
import type { HealReason } from '../faults/engine.ts'
import { managementCluster, type ClusterFacts, type Infrastructure } from '../faults/infrastructure.ts'
import type { Ledger } from '../journal/events.ts'
import type { FeedJournal } from '../journal/feed.ts'
import { errorReply, insider, jsonReply, type Exchange, type Handler, type Reply } from '../kube/handler.ts'
import { decodeJson } from '../kube/json.ts'
import { parseRequest } from '../kube/request.ts'
import { badRequest, failure, methodNotAllowed } from '../kube/status.ts'
import type { RequestTotals } from './request-totals.ts'

export interface AdminOptions {
  readonly token: string
  readonly control: FaultControl
  readonly infrastructure: Pick<Infrastructure, 'clusters' | 'machines'>
  readonly feed: FeedJournal
  readonly totals: RequestTotals
  readonly ledger: () => Ledger
  /** What answers for a cluster behind the faults: `management`, or `namespace/name`. */
  readonly inside: (cluster: string) => Handler | undefined
}

const bodyBytesMax = 1 << 20

export function adminApi(options: AdminOptions): Handler {
  const expected = Buffer.from(`Bearer ${options.token}`)
  return async (exchange) => {
    try {
      const given = Buffer.from(String(exchange.headers['authorization'] ?? ''))
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw failure(401, 'Unauthorized', 'Unauthorized')
      return await answer(options, exchange)
    } catch (error) {
      return errorReply(error)
    }
  }
}

async function answer(options: AdminOptions, exchange: Exchange): Promise<Reply> {
  const { control, infrastructure, totals, ledger, feed } = options
  const { path, method } = exchange.request
  if (path.startsWith('/clusters/')) return insideCluster(options, exchange)
  switch (`${method} ${path}`) {
    case 'GET /v1/faults':
      return jsonReply(200, { items: control.active })
    case 'POST /v1/faults':
      control.arm(await readOrder(exchange, infrastructure))
      return jsonReply(201, {})
    case 'POST /v1/reset':
      control.healAll('heal')
      return jsonReply(200, {})
    case 'GET /v1/fleet':
      return jsonReply(200, {
        clusters: infrastructure
          .clusters()
          .map(({ namespace, name, labels }: ClusterFacts) => ({ namespace, name, labels })),
        machines: infrastructure.machines().map(({ cluster, name, role, labels }) => ({ cluster, name, role, labels })),
      })
    case 'GET /v1/ledger':
      return jsonReply(200, ledger())
    case 'POST /v1/requests/take':
      return jsonReply(200, { totals: totals.take() })
    case 'GET /v1/events':
      return {
        status: 200,
        headers: { 'content-type': 'application/jsonl' },
        body: { kind: 'stream', chunks: lines(feed, exchange.signal) },
      }
  }
  const [, id, action] = /^\/v1\/faults\/([^/]+)\/(renew|heal)$/.exec(path) ?? []
  if (id === undefined) throw failure(404, 'NotFound', `the admin API has no ${path}`)
  if (method !== 'POST') throw methodNotAllowed()
  const fault = decodeURIComponent(id)
  if (!control.active.some((each) => each.id === fault)) throw failure(404, 'NotFound', `no fault ${fault} is armed`)
  if (action === 'renew') control.renew(fault)
  else control.heal(fault, ((await readJson(exchange)) as { reason?: HealReason }).reason ?? 'heal')
  return jsonReply(200, {})
}

async function readJson(exchange: Exchange): Promise<unknown> {
  const bytes = await exchange.body.read(bodyBytesMax)
  try {
    return bytes.length === 0 ? {} : decodeJson(bytes.toString('utf8')).value
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

/** A bad order is refused in one line; machines and clusters that are gone meanwhile are no error. */
async function readOrder(exchange: Exchange, infrastructure: AdminOptions['infrastructure']): Promise<FaultOrder> {
  const parsed = orderSchema.safeParse(await readJson(exchange))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest(`not a fault order: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const order = parsed.data as unknown as FaultOrder
  const kind = faultKind(order.kind)
  if (kind === undefined) throw badRequest(`there is no fault ${order.kind}`)
  const known = new Set([
    managementCluster,
    ...infrastructure.clusters().map(({ namespace, name }) => `${namespace}/${name}`),
  ])
  return { ...order, clusters: order.clusters.filter((cluster) => known.has(cluster)) }
}

async function* lines(feed: FeedJournal, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { events, leave } = feed.follow()
  signal.addEventListener('abort', leave, { once: true })
  try {
    yield Buffer.from('\n') // so that the follower knows that it follows
    for (let batch = await events.takeAll(); batch !== undefined; batch = await events.takeAll())
      yield Buffer.from(batch.map((event) => `${JSON.stringify(event)}\n`).join(''))
  } finally {
    leave()
  }
}

/**
 * `/clusters/management/…` and `/clusters/NAMESPACE/NAME/…`, answered as if there were no proxy: whoever has the token
 * is an administrator of every cluster.
 */
function insideCluster({ inside }: AdminOptions, exchange: Exchange): Promise<Reply> {
  const { url, method } = exchange.request
  const [, cluster = '', rest = '/'] = /^\/clusters\/(management|[^/]+\/[^/?]+)(\/.*)?$/.exec(url) ?? []
  const handler = inside(cluster)
  if (handler === undefined) throw failure(404, 'NotFound', `there is no cluster ${cluster}`)
  return handler({
    request: parseRequest(method, rest),
    headers: { ...exchange.headers, authorization: undefined },
    body: exchange.body,
    peer: insider,
    get signal() {
      return exchange.signal
    },
  })
}
