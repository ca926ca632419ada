/**
 * The recorded management traffic of the real Cluster API controllers, put to our API server: each write meets the
 * object as the real server last showed it, and has to leave it as the real server did, managedFields included.
 * What webhooks of Cluster API or requests that were not recorded have changed is listed by the request's time.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SimClock } from '../src/base/sim-clock.ts'
import { keyedRandom } from '../src/base/random.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { customResourceDefinitions } from '../src/apiserver/resources/customresourcedefinitions.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import { call, type Answer } from '../src/apiserver/testing.ts'
import type { KubeObject } from '../src/apiserver/types.ts'
import { parseRequest } from '../src/kube/request.ts'
import { normalize } from '../src/kube/types/normalize.ts'
import { openEnvelope } from '../src/kube/types/protobuf.ts'
import { decodeMessage } from '../src/kube/types/protobuf-decode.ts'
import { messageOfKind } from '../src/kube/types/tables.ts'

const shared = new URL('../../shared/reference/', import.meta.url)
const recording = new URL('recorded/management-lifecycle.jsonl.gz', shared)

interface Recorded {
  readonly at: number
  readonly client: string
  readonly method: string
  readonly uri: string
  readonly contentType?: string
  readonly request?: unknown
  readonly status: number
  readonly response?: KubeObject & { readonly message?: string }
}

function readRecording(): Recorded[] {
  const lines = gunzipSync(readFileSync(recording)).toString('utf8').trim().split('\n')
  return lines.map((line) => {
    const record = JSON.parse(line) as Recorded & { readonly response: unknown }
    const { response } = record
    if (typeof response !== 'string') return record
    const { response: _, ...rest } = record
    const object = record.method === 'POST' ? decoded(response) : undefined
    return object === undefined ? rest : { ...rest, response: object }
  })
}

/** An answer in protobuf, as JSON; undefined for one that was left out. */
function decoded(text: string): KubeObject | undefined {
  if (isOmitted(text)) return undefined
  const { apiVersion, kind, raw } = openEnvelope(bytesOf(text))
  const message = messageOfKind('', apiVersion, kind)
  if (message === undefined) return undefined
  return normalize(message, { apiVersion, kind, ...decodeMessage(message, raw) }, () => {}) as unknown as KubeObject
}

function clusterApiServer(): ApiServer {
  const server = new ApiServer({
    name: 'recorded',
    clock: new SimClock(),
    random: keyedRandom(1),
    registry: new ResourceRegistry(builtInResources),
    defer: queueMicrotask,
    controllerManager: false,
  })
  const crds = new URL('cluster-api-v1.14.0/crds/', shared)
  for (const file of readdirSync(crds)) {
    const crd = parse(readFileSync(new URL(file, crds), 'utf8')) as KubeObject
    server.store.create(
      customResourceDefinitions,
      (customResourceDefinitions.defaults as (o: KubeObject) => KubeObject)(crd),
    )
  }
  server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  return server
}

const defaulted = 'a webhook of Cluster API filled in defaults'
const between = 'another request, not recorded, came between'
const elsewhere: ReadonlyMap<number, string> = new Map([
  ...[27.244, 27.295, 28.48, 28.489, 33.676, 48.368, 85.58, 109.776, 144.234, 171.869].map(
    (at) => [at, defaulted] as const,
  ),
  ...[
    31.196, 31.325, 65.485, 80.361, 166.8, 166.804, 167.797, 167.804, 169.798, 169.812, 175.857, 195.608, 195.612,
  ].map((at) => [at, between] as const),
])

/** The recorded server kept an annotation of its own on every object; the recording left it out. */
const hidden = { 'kcp.io/cluster': '' }

/** What the two answers are compared by: times, versions and identities are each server's own. */
function comparable(object: unknown): unknown {
  const copy = structuredClone(object) as { metadata?: Record<string, unknown> }
  const { metadata } = copy
  if (metadata !== undefined) {
    for (const own of ['resourceVersion', 'uid', 'creationTimestamp']) delete metadata[own]
    const annotations = metadata['annotations'] as Record<string, string> | undefined
    for (const name of Object.keys(hidden)) delete annotations?.[name]
    if (Object.keys(annotations ?? {}).length === 0) delete metadata['annotations']
    for (const entry of (metadata['managedFields'] ?? []) as Record<string, unknown>[]) delete entry['time']
    const entries = sorted(metadata['managedFields'] ?? []) as Record<string, unknown>[]
    metadata['managedFields'] = entries.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  return sorted(copy)
}

/** The user agents of the recorded managers, which name the managers of their plain updates. */
const agents: Readonly<Record<string, string>> = {
  core: 'capi-core',
  'control-plane': 'capi-kcp',
  bootstrap: 'capi-cabpk',
  provider: 'provider',
  kubectl: 'kubectl',
}

const isOmitted = (body: unknown): boolean => typeof body === 'string' && !body.startsWith('base64:')
const bytesOf = (body: unknown): Buffer =>
  typeof body === 'string' ? Buffer.from(body.slice('base64:'.length), 'base64') : Buffer.from(JSON.stringify(body))

const versionOf = (object: KubeObject | undefined): number => Number(object?.metadata?.resourceVersion ?? 0)

/** The state of each object at each of its revisions, as far as any answer showed it. */
class Seen {
  readonly #states = new Map<string, Map<number, { object: KubeObject; index: number }>>()

  add(key: string, object: KubeObject, index: number): void {
    const states = this.#states.get(key) ?? new Map<number, { object: KubeObject; index: number }>()
    this.#states.set(key, states)
    if (!states.has(versionOf(object))) states.set(versionOf(object), { object, index })
  }

  /** What the request of this index met, given the revision that its answer shows. */
  before(key: string, revision: number, index: number): KubeObject | undefined {
    const states = [...(this.#states.get(key)?.values() ?? [])]
      .filter(
        (state) => versionOf(state.object) < revision || (versionOf(state.object) === revision && state.index < index),
      )
      .sort((a, b) => versionOf(b.object) - versionOf(a.object))
    return states[0]?.object
  }
}

const withHidden = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...hidden } },
})

describe.skipIf(!existsSync(recording))('recorded management traffic', () => {
  it('is answered as recorded', { timeout: 120_000 }, async () => {
    const server = clusterApiServer()
    const { registry } = server.store
    const records = readRecording()
    const seen = new Seen()
    const keyOf = ({ method, uri, response }: Recorded): string => {
      const { namespace, resource, name } = parseRequest(method, uri)
      return `${namespace}/${resource}/${name === '' ? response?.metadata?.name : name}`
    }
    for (const [index, record] of records.entries()) {
      const { response } = record
      if (record.status < 300 && response?.metadata?.uid !== undefined && !record.uri.includes('dryRun'))
        seen.add(keyOf(record), response, index)
    }
    const differ: string[] = []
    let [same, total, unknown] = [0, 0, 0]
    for (const [index, record] of records.entries()) {
      const { method, uri, status, response } = record
      if (method !== 'PATCH' && method !== 'POST') continue
      const request = parseRequest(method, uri)
      const definition = registry.byPath(request.group, request.version, request.resource)
      if (definition === undefined || response === undefined || isOmitted(record.request)) continue
      const live = status === 200 ? seen.before(keyOf(record), versionOf(response), index) : undefined
      if (status === 409 || (status === 200 && live === undefined)) {
        unknown++
        continue
      }
      const collection = server.store.collection(definition)
      for (const stored of collection.list()) collection.delete(stored.key)
      if (live !== undefined) server.store.restore(definition, withHidden(live))
      const answer: Answer = await call(server.handler, method, uri, {
        bytes: bytesOf(record.request),
        headers: {
          'content-type': record.contentType ?? 'application/json',
          'user-agent': `${agents[record.client]}/v1.14.0`,
        },
      })
      total++
      const ok =
        answer.status === status &&
        (status >= 400
          ? answer.body.message === response.message
          : JSON.stringify(comparable(answer.body)) === JSON.stringify(comparable(response)))
      if (ok) same++
      else if (!elsewhere.has(record.at)) differ.push(`${record.at} ${method} ${uri} ${status}/${answer.status}`)
    }
    console.log(`${same} of ${total} as recorded; ${unknown} met a state that was not recorded`)
    expect(differ).toEqual([])
    expect(same).toBe(total - elsewhere.size)
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  )
}
