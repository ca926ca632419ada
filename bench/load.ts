/** A load from the other core: keep-alive HTTP/1.1 requests over TLS, or watchers that count events. Speaks with its parent by messages. */
import { connect as connectHttp2 } from 'node:http2'
import { connect, type TLSSocket } from 'node:tls'

export interface LoadOrder {
  readonly kind: 'requests' | 'watchers' | 'idle'
  readonly ports: readonly number[]
  readonly request: string
  readonly connections: number
  readonly seconds: number
  /** What each watch event holds once. */
  readonly eventMark?: string
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

const send = (message: unknown): void => void process.send?.(message)

process.on('message', (order: LoadOrder & { readonly stop?: boolean }) => {
  if (order.stop === true) process.exit(0)
  const work = order.kind === 'requests' ? requests(order) : order.kind === 'watchers' ? watchers(order) : idle(order)
  work.catch((error: unknown) => {
    process.stderr.write(`load: ${String(error)}\n`)
    process.exit(1)
  })
})

const open = (order: LoadOrder): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: order.ports[0] ?? 0, ...order.tls, ALPNProtocols: ['http/1.1'] },
      () => resolve(socket),
    )
    socket.once('error', reject)
  })

async function requests(order: LoadOrder): Promise<void> {
  const sockets: TLSSocket[] = []
  for (let i = 0; i < order.connections; i++) sockets.push(await open(order))
  const bytes = Buffer.from(order.request)
  const times: number[] = []
  let failed = 0
  let measuring = false
  for (const socket of sockets) {
    let head: Buffer = Buffer.alloc(0)
    let left = 0
    let sent = performance.now()
    socket.on('data', (chunk: Buffer) => {
      if (left === 0) {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        const text = head.toString('latin1', 0, end)
        const at = text.indexOf('ontent-length: ')
        if (text.charCodeAt(9) !== 0x32) failed++
        left = end + 4 + parseInt(text.slice(at + 15, at + 24), 10) - head.length
        head = Buffer.alloc(0)
      } else left -= chunk.length
      if (left > 0) return
      const now = performance.now()
      if (measuring) times.push(now - sent)
      sent = now
      socket.write(bytes)
    })
    socket.write(bytes)
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  measuring = true
  const started = performance.now()
  await new Promise((resolve) => setTimeout(resolve, order.seconds * 1_000))
  const elapsed = (performance.now() - started) / 1_000
  measuring = false
  for (const socket of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0
  send({ perSecond: times.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99), failed } satisfies LoadResult)
}

/** Counts watch events; the parent writes meanwhile. */
async function watchers(order: LoadOrder): Promise<void> {
  const { eventMark = '' } = order
  let events = 0
  const sockets: TLSSocket[] = []
  for (let i = 0; i < order.connections; i++) {
    const socket = await open(order)
    socket.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(eventMark); at >= 0; at = chunk.indexOf(eventMark, at + 4)) events++
    })
    socket.write(order.request)
    sockets.push(socket)
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  send('ready')
  await new Promise((resolve) => setTimeout(resolve, 500))
  const [from, started] = [events, performance.now()]
  await new Promise((resolve) => setTimeout(resolve, order.seconds * 1_000))
  send({
    perSecond: (events - from) / ((performance.now() - started) / 1_000),
    p50Ms: 0,
    p99Ms: 0,
    failed: 0,
  } satisfies LoadResult)
  for (const socket of sockets) socket.destroy()
}

/** One HTTP/2 connection with four watches to each port, held until told to stop. */
async function idle(order: LoadOrder): Promise<void> {
  const paths = [
    '/api/v1/nodes',
    '/api/v1/pods',
    '/api/v1/namespaces',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ]
  for (const [index, port] of order.ports.entries()) {
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ...order.tls,
      rejectUnauthorized: false,
      settings: { enablePush: false },
    })
    session.on('error', () => {})
    const first = paths.map(
      (path) =>
        new Promise<void>((resolve) => {
          const stream = session.request({
            ':path': `${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
          })
          stream.on('error', () => {})
          stream.once('data', () => resolve())
          stream.resume()
        }),
    )
    if (index % 20 === 0) await Promise.all(first)
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  send('ready')
}
