/**
 * Carries bytes to a port of a pod: SPDY/3.1, bare or inside WebSocket messages. Two streams a connection, `error`
 * and `data`, belong together by their request id.
 * Source: k8s.io/kubelet/pkg/cri/streaming/portforward, k8s.io/apiserver/pkg/util/proxy/streamtunnel.go.
 */
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Clock } from '../../base/clock.ts'
import type { Exchange, Reply, Upgrade } from '../../kube/handler.ts'
import { serveSpdy, type SpdyStream } from '../../kube/spdy/server-connection.ts'
import { badRequest } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { keyOf, type VerbContext } from '../verbs/context.ts'
import { connection } from './connect.ts'
import { nodeOf } from './kubelet.ts'

/** What listens on a pod's port; throws where nothing does. It takes over the stream. */
export type PortDialer = (pod: KubeObject, port: number) => (stream: Duplex) => void

const protocol = 'portforward.k8s.io'
const tunnelProtocol = `SPDY/3.1+${protocol}`

/** How long a stream waits for the other one of its pair. */
const pairTimeoutMs = 30_000

function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const pod = context.store.require(definition, keyOf(definition, exchange)).value
  nodeOf(pod)
  const { upgrade } = exchange
  const offered = String(exchange.headers['upgrade'] ?? '').toLowerCase()
  if (upgrade === undefined || (offered !== 'websocket' && offered !== 'spdy/3.1'))
    throw badRequest('Upgrade request required')
  const forward = (transport: Duplex): void => serveForward(transport, pod, context)
  const accept = offered === 'websocket' ? overWebSocket(upgrade, forward) : overSpdy(upgrade, exchange, forward)
  return { status: 101, body: { kind: 'tunnel', accept } }
}

function overSpdy(
  { head }: Upgrade,
  { headers }: Exchange,
  forward: (transport: Duplex) => void,
): (client: Duplex) => void {
  const offered = String(headers['x-stream-protocol-version'] ?? protocol).split(/,\s*/)
  if (!offered.includes(protocol))
    throw badRequest(
      `unable to upgrade: unable to negotiate protocol: client supports ${offered.join(' ')}, server accepts [${protocol}]`,
    )
  return (client) => {
    client.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    )
    if (head.length > 0) client.unshift(head)
    forward(client)
  }
}

/** The protocol's name holds a slash, which WebSocket's grammar and so the library refuse: it is agreed on beside it. */
const webSockets = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 1 << 20,
})
webSockets.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`))

function overWebSocket({ req, head }: Upgrade, forward: (transport: Duplex) => void): (client: Duplex) => void {
  const offered = String(req.headers['sec-websocket-protocol'] ?? '').split(/,\s*/)
  if (!offered.includes(tunnelProtocol))
    throw badRequest(`unable to upgrade: the WebSocket subprotocol has to be ${tunnelProtocol}`)
  delete req.headers['sec-websocket-protocol']
  return (client) => webSockets.handleUpgrade(req, client, head, (socket) => forward(createWebSocketStream(socket)))
}

function serveForward(transport: Duplex, pod: KubeObject, { clock, dialPort }: VerbContext): void {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream }>()
  serveSpdy(transport, (stream) => {
    const { streamtype: type, port, requestid: id = '' } = stream.headers
    if (type !== 'error' && type !== 'data') return void stream.destroy()
    const pair = pairs.get(id) ?? {}
    pairs.set(id, pair)
    pair[type] = stream
    stream.once('close', () => pairs.delete(id))
    if (pair.error === undefined || pair.data === undefined) return giveUpLater(clock, stream, () => pairs.get(id))
    connect(dialPort, pod, Number(port), pair.error, pair.data)
  })
}

function giveUpLater(
  clock: Clock,
  stream: SpdyStream,
  pair: () => { error?: SpdyStream; data?: SpdyStream } | undefined,
): void {
  const timer = clock.after(pairTimeoutMs, () => {
    const { error, data } = pair() ?? {}
    if (error === undefined || data === undefined) stream.destroy()
  })
  stream.once('close', () => timer.cancel())
}

/** An empty error stream is success. */
function connect(
  dial: PortDialer | undefined,
  pod: KubeObject,
  port: number,
  error: SpdyStream,
  data: SpdyStream,
): void {
  try {
    if (dial === undefined) throw new Error('connection refused')
    dial(pod, port)(data)
    error.resume()
    data.once('close', () => error.end())
  } catch (cause) {
    error.end(`error forwarding port ${port} to pod ${pod.metadata.uid ?? ''}, uid : ${(cause as Error).message}`)
    data.end()
  }
}

export const portForward = connection('PodPortForwardOptions', ['create', 'get'], handle)
