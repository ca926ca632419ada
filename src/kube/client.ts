/**
 * A small typed client over any {@link Handler}: in this process objects pass as values, over sockets as JSON.
 * It never retries; who calls decides.
 */
import type { Clock } from '../base/clock.ts'
import { ConnectionError, type Exchange, type Handler, type Peer, type Reply, type WatchStream } from './handler.ts'
import { decodeJson } from './json.ts'
import { apiVersionOf, isRecord, type GroupVersionResource, type KubeObject } from './object.ts'
import { parseRequest, type KubeRequest } from './request.ts'
import { failure, StatusError, type Status } from './status.ts'
import { decodeWatch } from './watch-codec.ts'

export interface KindRef extends GroupVersionResource {
  readonly kind: string
  readonly namespaced: boolean
}

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion?: string
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
}

export interface ObjectList<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

export interface ClientOptions {
  readonly handler: Handler
  readonly clock: Clock
  readonly userAgent: string
  /** For requests that are not watches, as in Cluster API's remote clients; milliseconds. */
  readonly timeout?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Who asks, where no transport says it: a caller in this process that goes around the proxy. */
  readonly peer?: Peer
}

export class Client {
  readonly #options: Required<Omit<ClientOptions, 'headers'>>
  readonly #headers: Readonly<Record<string, string>>

  constructor(options: ClientOptions) {
    this.#options = { timeout: 10_000, peer: {}, ...options }
    this.#headers = { 'user-agent': options.userAgent, accept: 'application/json', ...options.headers }
  }

  async get<T extends KubeObject>(kind: KindRef, namespace: string, name: string): Promise<T> {
    return (await this.#call('GET', path(kind, namespace, name))) as T
  }

  async list<T extends KubeObject>(kind: KindRef, options: ListOptions = {}): Promise<ObjectList<T>> {
    const list = (await this.#call('GET', path(kind, options.namespace ?? '') + selectors(options, '?'))) as {
      metadata: { resourceVersion: string }
      items: T[]
    }
    return { items: list.items, resourceVersion: list.metadata.resourceVersion }
  }

  async create<T extends KubeObject>(kind: KindRef, object: T): Promise<T> {
    return (await this.#call('POST', path(kind, object.metadata.namespace ?? ''), object)) as T
  }

  async update<T extends KubeObject>(kind: KindRef, object: T, subresource = ''): Promise<T> {
    const { namespace = '', name } = object.metadata
    return (await this.#call('PUT', path(kind, namespace, name, subresource), object)) as T
  }

  /** JSON merge patch. A `metadata.resourceVersion` inside it is an optimistic lock. */
  async patch<T extends KubeObject>(
    kind: KindRef,
    namespace: string,
    name: string,
    patch: unknown,
    subresource = '',
  ): Promise<T> {
    return (await this.#call(
      'PATCH',
      path(kind, namespace, name, subresource),
      patch,
      'application/merge-patch+json',
    )) as T
  }

  async delete(kind: KindRef, namespace: string, name: string, options: { uid?: string } = {}): Promise<void> {
    const body =
      options.uid === undefined
        ? undefined
        : { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: options.uid } }
    await this.#call('DELETE', path(kind, namespace, name), body)
  }

  /** GET of a path that is no resource; the health probe of Cluster API's ClusterCache is `raw('/')`. */
  async raw(url: string, timeout = this.#options.timeout): Promise<unknown> {
    return this.#call('GET', url, undefined, undefined, timeout)
  }

  /** POST to a path that is no resource. */
  async post(url: string, body?: unknown): Promise<unknown> {
    return this.#call('POST', url, body)
  }

  /** GET of a path that answers for as long as `signal` lasts; what it sends, as it comes. */
  async stream(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const reply = await this.#options.handler(this.#exchange('GET', url, undefined, undefined, signal))
    if (reply.status >= 400) throw await asError(reply)
    if (reply.body.kind !== 'stream') throw failure(500, 'InternalError', `${url} did not answer with a stream`)
    return reply.body.chunks
  }

  /** Opens a watch. The stream ends when `signal` aborts; opening obeys the client's timeout. */
  async watch(kind: KindRef, options: WatchOptions, signal: AbortSignal): Promise<WatchStream> {
    const query = [
      'watch=true',
      'allowWatchBookmarks=true',
      ...(options.sendInitialEvents === true ? ['sendInitialEvents=true', 'resourceVersionMatch=NotOlderThan'] : []),
      ...(options.resourceVersion === undefined ? [] : [`resourceVersion=${options.resourceVersion}`]),
      ...(options.timeoutSeconds === undefined ? [] : [`timeoutSeconds=${options.timeoutSeconds}`]),
    ].join('&')
    const url = `${path(kind, options.namespace ?? '')}?${query}${selectors(options, '&')}`
    const cancel = new AbortController()
    const timer = this.#options.clock.after(this.#options.timeout, () => cancel.abort(timedOut(url)))
    const onAbort = (): void => cancel.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal.aborted) throw signal.reason
      const reply = await orAborted(
        this.#options.handler(this.#exchange('GET', url, undefined, undefined, cancel.signal)),
        cancel.signal,
      )
      if (reply.status >= 400) throw await asError(reply)
      const stream = asWatch(reply, () => cancel.abort())
      const close = (): void => {
        signal.removeEventListener('abort', close)
        stream.close()
        cancel.abort()
      }
      signal.addEventListener('abort', close, { once: true })
      return { next: () => stream.next(), close }
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #call(
    method: string,
    url: string,
    body?: unknown,
    contentType = 'application/json',
    timeout = this.#options.timeout,
  ): Promise<unknown> {
    const cancel = new AbortController()
    const timer = this.#options.clock.after(timeout, () => cancel.abort(timedOut(`${method} ${url}`)))
    try {
      const exchange = this.#exchange(method, url, body, contentType, cancel.signal)
      const reply = await orAborted(this.#options.handler(exchange), cancel.signal)
      if (reply.status >= 400) throw await orAborted(asError(reply), cancel.signal)
      return await orAborted(readValue(reply), cancel.signal)
    } finally {
      timer.cancel()
    }
  }

  #exchange(
    method: string,
    url: string,
    body: unknown,
    contentType: string | undefined,
    signal: AbortSignal,
  ): Exchange {
    const request: KubeRequest = parseRequest(method, url)
    const bytes = (): Buffer => Buffer.from(JSON.stringify(body))
    return {
      request,
      headers:
        body === undefined || contentType === undefined
          ? this.#headers
          : { ...this.#headers, 'content-type': contentType },
      body: { read: async () => (body === undefined ? Buffer.alloc(0) : bytes()), value: body },
      peer: this.#options.peer,
      signal,
    }
  }
}

const timedOut = (what: string): Error =>
  failure(504, 'Timeout', `${what}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)

function path(kind: KindRef, namespace: string, name = '', subresource = ''): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`
  return (
    root +
    (kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '') +
    `/${kind.resource}` +
    (name === '' ? '' : `/${encodeURIComponent(name)}`) +
    (subresource === '' ? '' : `/${subresource}`)
  )
}

function selectors(options: ListOptions, first: string): string {
  let query = ''
  for (const field of ['labelSelector', 'fieldSelector'] as const) {
    const value = options[field]
    if (value !== undefined && value !== '')
      query += `${query === '' ? first : '&'}${field}=${encodeURIComponent(value)}`
  }
  return query
}

/** Settles as `work` does, or rejects when the signal aborts first. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(
      (value) => {
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort)
        reject(signal.aborted ? signal.reason : error)
      },
    )
  })
}

async function readBytes(reply: Reply): Promise<Buffer> {
  const { body } = reply
  if (body.kind === 'bytes') return body.bytes
  if (body.kind === 'value') return body.value.bytes()
  if (body.kind !== 'stream') return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  for await (const chunk of body.chunks) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  // A stream that was cut short can end as if it were whole.
  const length = reply.headers?.['content-length']
  if (length !== undefined && Number(length) !== bytes.length) throw new ConnectionError('ECONNRESET', 'unexpected EOF')
  return bytes
}

async function readValue(reply: Reply): Promise<unknown> {
  if (reply.body.kind === 'value') return reply.body.value.value
  const text = (await readBytes(reply)).toString('utf8')
  return text.startsWith('{') || text.startsWith('[') ? decodeJson(text).value : text
}

/** As client-go: a body that is no Status becomes one with the reason of its code. */
async function asError(reply: Reply): Promise<StatusError> {
  const value = await readValue(reply)
  if (isRecord(value) && value['kind'] === 'Status') return new StatusError(value as unknown as Status)
  const reasons: Record<number, string> = {
    404: 'NotFound',
    409: 'Conflict',
    410: 'Expired',
    429: 'TooManyRequests',
    401: 'Unauthorized',
    403: 'Forbidden',
    503: 'ServiceUnavailable',
  }
  return failure(
    reply.status,
    reasons[reply.status] ?? 'InternalError',
    typeof value === 'string' && value !== '' ? value.trim() : `the server answered ${reply.status}`,
  )
}

function asWatch(reply: Reply, cancel: () => void): WatchStream {
  if (reply.body.kind === 'watch') return reply.body.stream
  if (reply.body.kind === 'stream') return decodeWatch(reply.body.chunks, cancel)
  throw failure(500, 'InternalError', 'the server answered a watch without a stream')
}
