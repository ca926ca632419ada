/**
 * Every distinct request that the released managers put to a workload API server, put to ours over the protocol they
 * used. What is expected is what a real API server answers: protobuf where it was asked for, 201 for what is new.
 */
import { connect, constants, type ClientHttp2Session } from 'node:http2'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeEnvelope, openEnvelope } from '../src/kube/types/protobuf.ts'
import { encodeMessage } from '../src/kube/types/protobuf-encode.ts'
import { messageOf, messageOfKind } from '../src/kube/types/tables.ts'
import { idRequest, WorkloadSite } from './workload-site.ts'

const recording = new URL('../../shared/reference/recorded/workload-requests.tsv', import.meta.url)

interface Shape {
  readonly method: string
  readonly path: string
  readonly accept: string
  readonly contentType: string
  readonly client: string
}

function readShapes(): Shape[] {
  const [, ...lines] = readFileSync(recording, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [, method = '', path = '', accept = '', contentType = '', client = ''] = line.split('\t')
    return { method, path, accept, contentType, client }
  })
}

let workload: WorkloadSite
let session: ClientHttp2Session

interface Answered {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

/** Resolves with the whole answer; of a watch, with what came until it fell silent. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Answered> {
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false })
  stream.end(body)
  return new Promise((resolve, reject) => {
    let [status, type] = [0, '']
    const chunks: Buffer[] = []
    const done = (): void => resolve({ status, type, body: Buffer.concat(chunks) })
    let silence: NodeJS.Timeout | undefined
    const waitForMore = (): void => {
      if (!type.endsWith(';stream=watch')) return
      clearTimeout(silence)
      silence = setTimeout(() => {
        done()
        stream.close(constants.NGHTTP2_CANCEL)
      }, 100)
    }
    stream.on('response', (head) => {
      status = head[':status'] ?? 0
      type = head['content-type'] ?? ''
      waitForMore()
    })
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      waitForMore()
    })
    stream.on('end', done)
    stream.on('error', reject)
  })
}

const protobufType = 'application/vnd.kubernetes.protobuf'

const typed = (apiVersion: string, kind: string, object: object): Buffer => {
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  const message = messageOfKind(group, version, kind) ?? messageOf(`meta-v1.${kind}`)
  return closeEnvelope({ apiVersion, kind, raw: encodeMessage(message, object) })
}
const json = (object: object): Buffer => Buffer.from(JSON.stringify(object))
const inSystem = (name: string) => ({ name, namespace: 'kube-system' })

/** Which object a recorded path stands for, and what is written to it. */
const objects: readonly (readonly [method: string, path: RegExp, name: string, body?: (shape: Shape) => Buffer])[] = [
  ['GET', /configmaps\/NAME/, 'kubeadm-config'],
  [
    'PUT',
    /configmaps\/NAME/,
    'kubeadm-config',
    () => typed('v1', 'ConfigMap', { metadata: inSystem('kubeadm-config') }),
  ],
  [
    'POST',
    /eviction/,
    'kube-scheduler-a',
    () => typed('policy/v1', 'Eviction', { metadata: inSystem('kube-scheduler-a') }),
  ],
  ['GET', /secrets\/NAME/, 'bootstrap-token-abcdef'],
  ['POST', /secrets\?/, '', () => typed('v1', 'Secret', { metadata: inSystem('bootstrap-token-abcdef') })],
  ['DELETE', /nodes\/NAME/, 'x', () => typed('v1', 'DeleteOptions', {})],
  ['PATCH', /nodes\/NAME/, 'b', ({ contentType }) => json(contentType.includes('strategic') ? tainted : cordoned)],
  ['GET', /daemonsets\/NAME/, 'kube-proxy'],
  ['PATCH', /daemonsets\/NAME/, 'kube-proxy', () => json({ metadata: { annotations: { seen: 'yes' } } })],
  ['GET', /deployments\/NAME/, 'coredns'],
  ['POST', /clusterrolebindings/, '', () => typed('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', adminsBinding)],
]
const tainted = { spec: { taints: [{ key: 'node.cluster.x-k8s.io/outdated-revision', effect: 'PreferNoSchedule' }] } }
const cordoned = { spec: { unschedulable: true } }
const adminsBinding = {
  metadata: { name: 'kubeadm:admins' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
}

/** A recorded request with the names that we have. */
function concrete(shape: Shape): { path: string; body: Buffer | undefined } {
  const [, , name = '', body] = objects.find(([method, path]) => method === shape.method && path.test(shape.path)) ?? []
  const path = shape.path
    .replace('NAME', name)
    .replace('%3DX', '%3Da')
    .replace('timeout=D&timeoutSeconds=N', 'timeout=6m&timeoutSeconds=360')
    .replace('resourceVersion=N', `resourceVersion=${workload.cluster.server.store.revision}`)
  return { path, body: body?.(shape) }
}

/** The media type that a real API server chooses for an Accept header of the managers. */
function expectedType({ path, accept }: Shape): string {
  if (path.startsWith('/?')) return 'application/json'
  if (path.includes('watch=true')) return `${protobufType};stream=watch`
  if (accept.startsWith(protobufType)) return protobufType
  return accept.includes('apidiscovery') ? (accept.split(',')[0] as string) : 'application/json'
}

const order = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE']

describe.skipIf(!existsSync(recording))('recorded workload traffic', () => {
  const shapes = existsSync(recording) ? readShapes() : []
  const plain = shapes.filter(({ path, client }) => !path.includes('portforward') && !client.includes('etcd'))
  const forwarded = shapes.filter(({ path }) => path.includes('portforward'))
  const etcd = shapes.filter(({ client }) => client.includes('etcd'))

  beforeAll(async () => {
    workload = await WorkloadSite.open()
    session = connect(`https://127.0.0.1:${workload.port}`, { ca: workload.ca.cert, ...workload.admin })
  })
  afterAll(async () => {
    session.destroy()
    await workload[Symbol.asyncDispose]()
  })

  it('is all there', () => expect([plain.length, forwarded.length, etcd.length]).toEqual([51, 2, 5]))

  it.each(plain.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method)))(
    '$client: $method $path',
    async (shape) => {
      const { path, body } = concrete(shape)
      const headers = {
        accept: shape.accept,
        ...(shape.contentType === '' ? {} : { 'content-type': shape.contentType }),
      }
      const answer = await ask(shape.method, path, headers, body)
      expect([answer.status, answer.type]).toEqual([shape.method === 'POST' ? 201 : 200, expectedType(shape)])
      if (path.includes('sendInitialEvents')) expect(answer.body.includes('k8s.io/initial-events-end')).toBe(true)
      else if (answer.type === protobufType) expect(openEnvelope(answer.body).kind).not.toBe('')
      else if (answer.type.startsWith('application/json') && !path.startsWith('/?')) JSON.parse(answer.body.toString())
    },
  )

  it.each(forwarded)('$client: $method $path', async ({ method, path }) => {
    const upgrade = {
      GET: {
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
      },
      POST: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' },
    }[method] as Record<string, string>
    expect(path).toContain('/pods/NAME/portforward?timeout=10s')
    const { head, socket } = await workload.upgraded('etcd-a', upgrade)
    expect([head.statusCode, head.headers.upgrade?.toLowerCase()]).toEqual([101, upgrade['upgrade']?.toLowerCase()])
    socket.destroy()
  })

  it.each(etcd)('$client: $path', async ({ path }) => {
    const leader = workload.members.find((member) => member.leader)
    const other = workload.members.find((member) => !member.leader)
    const about = /MoveLeader|MemberRemove/.test(path) ? idRequest(other?.id ?? '') : Buffer.alloc(0)
    expect(await workload.etcd(leader?.name ?? '', path, about)).toMatchObject({ status: '0', message: '' })
  })
})
