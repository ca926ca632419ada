/** Objects of every built-in kind with parts missing, nothing where something is expected, and values of other types. */
import { expect, it } from 'vitest'
import { keyedRandom } from '../base/random.ts'
import { apiVersionOf, isRecord } from '../kube/object.ts'
import { messageOf, type FieldType, type Message } from '../kube/types/tables.ts'
import type { ResourceDefinition } from './definition.ts'
import { builtInResources } from './resources/catalogue.ts'
import { wireType } from './represent.ts'
import { testServer, type TestServer } from './testing.ts'

class Chance {
  readonly #random = keyedRandom(20)
  #drawn = 0

  below(count: number): number {
    return Math.floor(this.#random.draw(this.#drawn++) * count)
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}

const texts = [
  'a',
  'name',
  'x.y/z',
  '',
  '10.0.0.1',
  '10.0.0.0/8',
  '1Gi',
  '50%',
  'http://a.b',
  '2020-01-01T00:00:00Z',
  'self.x > 1',
]
const numbers = [0, 1, 2, 80, -1, 70_000]
const oddities = [null, [], {}, '', 0, -1, 'x', true, [null], [{}], 1.5, 1e30, { '': '' }, '\u0000'] as const

/** A value of the type, more or less. */
function some(type: FieldType, chance: Chance, depth: number, values?: readonly string[]): unknown {
  if (type.kind === 'message') return depth > 7 ? {} : message(messageOf(type.name), chance, depth + 1)
  if (type.kind === 'list')
    return Array.from({ length: chance.below(3) }, () => some(type.element, chance, depth, values))
  if (type.kind === 'map') return { [chance.of(texts)]: some(type.element, chance, depth) }
  if (values !== undefined) return chance.of(values)
  switch (type.name) {
    case 'bool':
      return chance.below(2) === 1
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'double':
    case 'intOrString':
      return chance.of(numbers)
    case 'bytes':
      return 'YWJj'
    case 'quantity':
      return chance.of(['1', '1Gi', '100m'])
    case 'time':
      return '2020-01-01T00:00:00Z'
    case 'microTime':
      return '2020-01-01T00:00:00.000000Z'
    case 'raw':
    case 'json':
      return { a: 1 }
    default:
      return chance.of(texts)
  }
}

function message({ fields }: Message, chance: Chance, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const { name, type, inline, always, values } of fields) {
    if (inline && type.kind === 'message') Object.assign(value, message(messageOf(type.name), chance, depth))
    else if (name !== 'metadata' && (always || chance.below(depth < 3 ? 2 : 4) === 0))
      value[name] = some(type, chance, depth, values)
  }
  return value
}

/** One part of it, anywhere, is gone or is something else. */
function damage(value: unknown, chance: Chance): void {
  const children = Object.entries((isRecord(value) || Array.isArray(value) ? value : {}) as object)
  if (children.length === 0) return
  const [key, child] = chance.of(children) as [string, unknown]
  const isLeaf = !isRecord(child) && !Array.isArray(child)
  if (!isLeaf && chance.below(4) > 0) damage(child, chance)
  else if (chance.below(4) === 0) delete (value as Record<string, unknown>)[key]
  else (value as Record<string, unknown>)[key] = structuredClone(chance.of(oddities))
}

const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }
const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1' } }
const containers = [
  { name: 'c', image: 'i', resources, env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 80 }] },
]
const pod = {
  containers,
  initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always' }],
  tolerations: [{ key: 'k', operator: 'Exists' }],
}
const template = { metadata: { labels: { a: 'b' } }, spec: pod }
const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }

/** What is valid, of kinds of which a random object hardly ever is. */
const valid: Readonly<Record<string, object>> = {
  Pod: {
    spec: pod,
    status: { phase: 'Pending', containerStatuses: [{ name: 'c', image: 'i', state: { running: {} } }] },
  },
  Deployment: { spec: { replicas: 1, selector, template } },
  ReplicaSet: { spec: { selector, template } },
  StatefulSet: { spec: { selector, template, serviceName: 's' } },
  DaemonSet: { spec: { selector, template } },
  Job: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
  ReplicationController: { spec: { selector: { a: 'b' }, template } },
  Service: { spec: { ports: [{ port: 80, name: 'a' }], selector: { a: 'b' } } },
  Node: { status: { capacity: { cpu: '1' }, conditions: [{ type: 'Ready', status: 'True' }] } },
  HorizontalPodAutoscaler: { spec: { maxReplicas: 3, scaleTargetRef } },
  PersistentVolumeClaim: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
}

const name = 'damaged'
const patches = ['merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml']

async function write({ call }: TestServer, definition: ResourceDefinition, chance: Chance): Promise<void> {
  const { group, version, resource, kind, namespaced, parts = {} } = definition
  const root = `${group === '' ? '/api' : `/apis/${group}`}/${version}${namespaced ? '/namespaces/default' : ''}/${resource}`
  const head = {
    apiVersion: apiVersionOf(definition),
    kind,
    metadata: { name, labels: { a: 'b' }, finalizers: ['a.b/c'] },
  }
  const type = wireType(definition) as Message
  const whole = { ...(valid[kind] ?? message(type, chance, 0)), ...head }
  const dry = chance.below(2) === 0 ? 'dryRun=All&' : ''
  await call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } })
  await call('POST', root, { body: whole })
  const url = `${root}/${name}${chance.of(['', '', '/status', '/scale', ...Object.keys(parts).map((part) => `/${part}`)])}`
  for (let round = 0; round < 3; round++) {
    const other = structuredClone(chance.below(2) === 0 ? whole : { ...message(type, chance, 0), ...head })
    for (let count = chance.below(3); count >= 0; count--) damage(other, chance)
    const patch = { 'content-type': `application/${chance.of(patches)}` }
    await call('PATCH', `${url}?${dry}fieldManager=m&force=true`, { body: other, headers: patch })
    await call(chance.of(['PUT', 'POST']), `${chance.of([url, root])}?${dry}`, { body: other })
  }
  await call('GET', root, { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } })
  if (chance.below(2) === 0) await call('DELETE', `${root}/${name}`)
}

const kinds = builtInResources.filter((definition) => wireType(definition) !== undefined)

it('damaged objects are answered, whatever is wrong with them', { timeout: 120_000 }, async () => {
  const chance = new Chance()
  for (const definition of kinds) {
    const test = testServer()
    for (let count = 0; count < 30; count++) await write(test, definition, chance)
    const [error] = test.errors
    expect(error, definition.kind).toBeUndefined()
  }
})
