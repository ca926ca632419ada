/** An API server without sockets, for tests beside the code. */
import type { Clock } from '../base/clock.ts'
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import { Client } from '../kube/client.ts'
import type { Exchange, Handler, Reply } from '../kube/handler.ts'
import { parseRequest } from '../kube/request.ts'
import type { ResourceDefinition } from './definition.ts'
import { clusterApiResource } from './definition.ts'
import { ResourceRegistry } from './registry.ts'
import { builtInResources } from './resources/catalogue.ts'
import { namespaces } from './resources/namespaces.ts'
import { ApiServer } from './server.ts'

/** Of CN=someone, as CertificateSigningRequests have it: PEM in base64. */
export const certificateRequest = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITU1IUUNBUUF3RWpFUU1BNEdBMVVFQXd3SGMyOXRaVzl1WlRC',
  'Wk1CTUdCeXFHU000OUFnRUdDQ3FHU000OQpBd0VIQTBJQUJFWTErM2NxVmFCUWVKQkhWcnpPZC9EWnBNOEQ5NHNHK3Q2M2pTN2JB',
  'dFZCeS9BODZiVjBpRGZlCjA0SXZzMFJIai92SEpUeE1VV3hsQlhOMHJGWEM0K2lnQURBS0JnZ3Foa2pPUFFRREFnTklBREJGQWlC',
  'c1dmYTIKOWhpWWZMUnlrUmJON0E2MEp4NTNXK1lKT05vYnc3a21xNTRqRXdJaEFLQlducW5pYXQ1Qlg2NUlVL3R6eTJOegpzdGlU',
  'T0oxKzIyb0JBMEltZ2hpZAotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
].join('')

/** A custom resource with a status, as Cluster API's are. */
export const widgets: ResourceDefinition = clusterApiResource({
  group: 'example.dev',
  version: 'v1',
  resource: 'widgets',
  kind: 'Widget',
})

/** The definition of gadgets in example.dev; `spec` has at least its versions. */
export const gadgetDefinition = (spec: { readonly versions: readonly object[] } & Record<string, unknown>): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.example.dev' },
  spec: { group: 'example.dev', scope: 'Namespaced', names: { plural: 'gadgets', kind: 'Gadget' }, ...spec },
})

export interface TestServer {
  readonly server: ApiServer
  readonly client: Client
  readonly clock: SimClock
  /** What it has answered with a 500 of its own: mistakes of ours. */
  readonly errors: readonly unknown[]
  readonly call: (method: string, url: string, options?: CallOptions) => Promise<Answer>
}

export interface CallOptions {
  readonly body?: unknown
  readonly text?: string
  readonly bytes?: Buffer
  readonly headers?: Record<string, string>
  readonly peer?: Exchange['peer']
}

export interface Answer {
  readonly status: number
  readonly headers: NonNullable<Reply['headers']>
  readonly body: Record<string, unknown> & { message?: string; reason?: string }
  readonly reply: Reply
}

export const masters: Exchange['peer'] = { certificate: { user: 'admin', groups: ['system:masters'] } }

export function testServer(historyMax = 100): TestServer {
  const clock = new SimClock()
  const errors: unknown[] = []
  const server = new ApiServer({
    name: 'test',
    onError: (error) => errors.push(error),
    clock,
    random: keyedRandom(1),
    registry: new ResourceRegistry([...builtInResources, widgets]),
    defer: queueMicrotask,
    historyMax,
  })
  server.store.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default' },
    status: { phase: 'Active' },
  })
  return {
    server,
    clock,
    errors,
    client: clientOf(server.handler, clock),
    call: (method, url, options) => call(server.handler, method, url, options),
  }
}

export const clientOf = (handler: Handler, clock: Clock): Client =>
  new Client({ handler, clock, userAgent: 'test', peer: masters })

export async function call(handler: Handler, method: string, url: string, options: CallOptions = {}): Promise<Answer> {
  const { body, text = body === undefined ? '' : JSON.stringify(body), headers = {}, peer = masters } = options
  const { bytes: sent = Buffer.from(text) } = options
  const reply = await handler({
    request: parseRequest(method, url),
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: { read: async () => sent },
    peer,
    signal: new AbortController().signal,
  })
  const bytes =
    reply.body.kind === 'value'
      ? reply.body.value.bytes()
      : reply.body.kind === 'bytes'
        ? reply.body.bytes
        : Buffer.alloc(0)
  const answer = bytes.toString('utf8')
  return {
    status: reply.status,
    headers: reply.headers ?? {},
    body: (answer.startsWith('{') ? JSON.parse(answer) : { text: answer }) as Answer['body'],
    reply,
  }
}
