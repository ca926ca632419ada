import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, testServer, type Answer } from '../testing.ts'
import { decodeFields, encodeFields, FieldSet } from './field-set.ts'

const applyType = { 'content-type': 'application/apply-patch+yaml' }
const mergeType = { 'content-type': 'application/merge-patch+json' }

interface Entry {
  readonly manager: string
  readonly operation: string
  readonly fieldsV1: object
  readonly subresource?: string
}

const managersOf = (answer: Answer): Record<string, object> =>
  Object.fromEntries(
    ((answer.body['metadata'] as { managedFields?: Entry[] }).managedFields ?? []).map((entry) => [
      `${entry.manager} ${entry.operation}${entry.subresource === undefined ? '' : ` ${entry.subresource}`}`,
      entry.fieldsV1,
    ]),
  )

type Step =
  | { readonly apply: object; readonly by: string; readonly force?: boolean }
  | { readonly merge: object; readonly by: string }

const url = '/apis/apps/v1/namespaces/default/deployments/d'
const labelled = {
  selector: { matchLabels: { a: 'b' } },
  template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: '1' }] } },
}

/** What an apply makes has to say its name. */
const named = ({ metadata, ...rest }: { metadata?: object }): object => ({
  ...rest,
  metadata: { name: 'd', ...metadata },
})

async function play(steps: readonly Step[]): Promise<Answer> {
  const { server } = testServer()
  let answer: Answer | undefined
  for (const step of steps) {
    const query = `?fieldManager=${step.by}`
    answer =
      'apply' in step
        ? await call(server.handler, 'PATCH', `${url}${query}&force=${step.force === true}`, {
            headers: applyType,
            body: { apiVersion: 'apps/v1', kind: 'Deployment', ...named(step.apply) },
          })
        : await call(server.handler, 'PATCH', `${url}${query}`, { headers: mergeType, body: step.merge })
  }
  return answer as Answer
}

const spec = (answer: Answer): Record<string, never> => answer.body['spec'] as Record<string, never>

describe('server-side apply', () => {
  it('creates, and owns just what it says', async () => {
    const answer = await play([
      { apply: { metadata: { labels: { x: 'y' } }, spec: { replicas: 2, ...labelled } }, by: 'one' },
    ])
    expect(answer.status).toBe(201)
    expect(managersOf(answer)['one Apply']).toEqual({
      'f:metadata': { 'f:labels': { 'f:x': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:a': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
        },
      },
    })
  })

  it('refuses to change what another owns, in the words of the real server', async () => {
    const steps: Step[] = [
      { apply: { spec: { replicas: 2, ...labelled } }, by: 'one' },
      { apply: { spec: { replicas: 3 } }, by: 'two' },
    ]
    const one = await play(steps)
    expect(one.status).toBe(409)
    expect(one.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.replicas')
    expect(one.body['details']).toEqual({
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' }],
    })
    const both = await play([
      ...steps.slice(0, 1),
      { merge: { spec: { minReadySeconds: 5 } }, by: 'edit' },
      { apply: { spec: { replicas: 3, minReadySeconds: 6 } }, by: 'two' },
    ])
    expect(both.body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "edit" using apps/v1:\n- .spec.minReadySeconds\nconflicts with "one":\n- .spec.replicas',
    )
  })

  it('says nothing of what has many owners by null, and takes away what has one', async () => {
    const live = { metadata: { labels: { x: 'y' } }, spec: { replicas: 2, ...labelled } }
    const kept = await play([
      { apply: live, by: 'one' },
      { apply: { metadata: { labels: null }, spec: { template: { spec: { containers: null } } } }, by: 'two' },
    ])
    expect(kept.body['metadata']).toMatchObject({ labels: { x: 'y' }, generation: 1 })
    expect(spec(kept)['template']).toMatchObject({ spec: { containers: [{ name: 'c' }] } })
    const gone = await play([
      { apply: live, by: 'one' },
      { apply: { spec: { selector: null } }, by: 'two', force: true },
    ])
    expect([gone.status, gone.body.message]).toEqual([422, expect.stringContaining('spec.selector: Required value')])
  })

  it('cuts integers that are too long, as the real server does', async () => {
    const made = await play([{ apply: { spec: { replicas: 4_294_967_297, ...labelled } }, by: 'one' }])
    expect(spec(made)['replicas']).toBe(1)
    const negative = await play([{ apply: { spec: { replicas: 2_147_483_648, ...labelled } }, by: 'one' }])
    expect(negative.body.message).toContain('spec.replicas: Invalid value: -2147483648')
  })

  it.each<[string, object, string]>([
    ['an empty item of a set', { metadata: { finalizers: [null] } }, "an element that's an explicit null"],
    ['a map in a set', { metadata: { finalizers: [{}] } }, "an element that's a map type"],
    ['two items with no key', { spec: { template: { spec: { ephemeralContainers: [{}, {}] } } } }, 'key [name=""]'],
    ['an amount that is none', { spec: { template: { spec: { overhead: { cpu: [] } } } } }, 'expected any scalar, got'],
  ])('refuses %s in the words of the real server', async (_what, config, words) => {
    const { status, body } = await play([{ apply: config, by: 'one' }])
    expect([status, body.message]).toEqual([500, expect.stringContaining(words)])
  })

  it('refuses to take a name away', async () => {
    const steps: Step[] = [{ apply: { spec: labelled }, by: 'one' }]
    const unnamed = await play([...steps, { apply: { metadata: { name: '' } }, by: 'one' }])
    expect([unnamed.status, unnamed.body.message]).toEqual([400, expect.stringContaining('undeterminable')])
  })

  it('takes a field over by force, and shares one that both say the same of', async () => {
    const forced = await play([
      { apply: { spec: { replicas: 2, ...labelled } }, by: 'one' },
      { apply: { spec: { replicas: 3 } }, by: 'two', force: true },
    ])
    expect(spec(forced)['replicas']).toBe(3)
    expect(managersOf(forced)['one Apply']).not.toHaveProperty('f:spec.f:replicas')
    expect(managersOf(forced)['two Apply']).toEqual({ 'f:spec': { 'f:replicas': {} } })
    const shared = await play([
      { apply: { spec: { replicas: 2, ...labelled } }, by: 'one' },
      { apply: { spec: { replicas: 2 } }, by: 'two' },
    ])
    expect(shared.status).toBe(200)
    expect(managersOf(shared)['two Apply']).toEqual({ 'f:spec': { 'f:replicas': {} } })
  })

  it('removes what it no longer says, unless somebody else says it too', async () => {
    const first: Step = { apply: { metadata: { labels: { mine: '1', shared: '1' } }, spec: labelled }, by: 'one' }
    const answer = await play([
      first,
      { apply: { metadata: { labels: { shared: '1' } } }, by: 'two' },
      { apply: { spec: labelled }, by: 'one' },
    ])
    expect((answer.body['metadata'] as { labels: object }).labels).toEqual({ shared: '1' })
  })

  it('keeps the metadata of an object whose only label goes', async () => {
    const { call: send } = testServer()
    const apply = (metadata: object): Promise<Answer> =>
      send('PATCH', '/api/v1/namespaces/default/configmaps/c?fieldManager=one', {
        headers: applyType,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, data: { a: '1' } },
      })
    await apply({ labels: { mine: '1' } })
    const answer = await apply({})
    expect(answer.status).toBe(200)
    expect(answer.body['metadata']).toMatchObject({ name: 'c', namespace: 'default' })
    expect(answer.body['metadata']).not.toHaveProperty('labels')
  })

  it('gives no time to a manager that changes nothing', async () => {
    const answer = await play([
      { apply: { spec: { replicas: 2, ...labelled } }, by: 'one' },
      { apply: { spec: { replicas: 2 } }, by: 'two' },
    ])
    const entries = (answer.body['metadata'] as { managedFields: object[] }).managedFields
    expect(entries[0]).toMatchObject({ manager: 'two' })
    expect(entries[0]).not.toHaveProperty('time')
  })

  it('goes through the scale', async () => {
    const { call: send } = testServer()
    const [path, headers] = [url, applyType]
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: labelled }
    await send('PATCH', `${path}?fieldManager=one`, { headers, body })
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 5 } }
    const query = 'fieldManager=two&force=true'
    const scaled = await send('PATCH', `${path}/scale?${query}`, { headers, body: scale })
    expect([scaled.status, scaled.body['spec']]).toEqual([200, { replicas: 5 }])
    expect(managersOf(await send('GET', path))['two Apply scale']).toEqual({ 'f:spec': { 'f:replicas': {} } })
  })

  it.each<[string, string, object | string, string]>([
    [
      'a kind of another path',
      '?fieldManager=m',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'd' } },
      'invalid object type: /v1, Kind=Secret',
    ],
    [
      'broken YAML',
      '?fieldManager=m',
      'a: [',
      'error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content',
    ],
    [
      'YAML that is broken on its first line',
      '?fieldManager=m',
      'a: b: c',
      'error decoding YAML: error converting YAML to JSON: yaml: mapping values are not allowed in this context',
    ],
    [
      'YAML that is broken on its second line',
      '?fieldManager=m',
      'a:\n\tb: 1\n',
      'error decoding YAML: error converting YAML to JSON: yaml: line 2: found character that cannot start any token',
    ],
    [
      'a list',
      '?fieldManager=m',
      '[]',
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'a manager of too many letters',
      `?fieldManager=${'x'.repeat(129)}`,
      {},
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'a text for a number',
      '?fieldManager=m',
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 'x' } },
      'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
    ],
  ])('refuses %s in the words of the real server', async (_what, query, body, message) => {
    const sent = typeof body === 'string' ? { text: body } : { body }
    const answer = await testServer().call('PATCH', `${url}${query}`, { headers: applyType, ...sent })
    expect(answer.body.message).toBe(message)
  })

  it('removes an item of a keyed list, and keeps those of others in their order', async () => {
    const container = (name: string): object => ({ name, image: '1' })
    const withContainers = (...names: string[]): object => ({
      spec: { ...labelled, template: { ...labelled.template, spec: { containers: names.map(container) } } },
    })
    const answer = await play([
      { apply: withContainers('a', 'b', 'c'), by: 'one' },
      { apply: withContainers('x'), by: 'two' },
      { apply: withContainers('c', 'a'), by: 'one' },
    ])
    const { containers } = (spec(answer)['template'] as unknown as { spec: { containers: { name: string }[] } }).spec
    expect(containers.map(({ name }) => name)).toEqual(['c', 'x', 'a'])
  })

  it('names defaulted keys of list items', async () => {
    const { server } = testServer()
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }
    const answer = await call(server.handler, 'PATCH', '/api/v1/namespaces/default/services/s?fieldManager=m', {
      headers: applyType,
      body,
    })
    expect(managersOf(answer)['m Apply']).toEqual({
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } },
    })
  })

  it('answers an apply that changes nothing with the object as it was', async () => {
    const { server, clock } = testServer()
    const apply = (): Promise<Answer> =>
      call(server.handler, 'PATCH', `${url}?fieldManager=m`, {
        headers: applyType,
        body: { apiVersion: 'apps/v1', kind: 'Deployment', spec: labelled },
      })
    const first = await apply()
    await clock.advance(5_000)
    expect((await apply()).body).toEqual(first.body)
  })

  it('gives 500 for a field that the schema does not have, and 422 without a field manager', async () => {
    const unknown = await play([{ apply: { spec: { ...labelled, nope: 1 } }, by: 'one' }])
    expect(unknown.status).toBe(500)
    expect(unknown.body.message).toBe(
      'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.nope: field not declared in schema',
    )
    // The first that can't be told from others ends the list.
    const listed = await play([
      { apply: { spec: { ...labelled, template: { spec: { containers: ['a', 'b'] } } } }, by: 'one' },
    ])
    expect(listed.body.message).toBe(
      'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.template.spec.containers: element 0: associative list with keys may not have non-map elements',
    )
    const anonymous = await play([{ apply: { spec: labelled }, by: '' }])
    expect(anonymous.status).toBe(422)
    expect(anonymous.body.message).toContain('fieldManager: Required value: is required for apply patch')
  })

  it('keeps status and spec apart by subresource, and forgets owners on request', async () => {
    const { server } = testServer()
    await call(server.handler, 'PATCH', `${url}?fieldManager=m`, {
      headers: applyType,
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: labelled },
    })
    const status = await call(server.handler, 'PATCH', `${url}/status?fieldManager=s`, {
      headers: mergeType,
      body: { spec: { replicas: 9 }, status: { replicas: 1 } },
    })
    expect(spec(status)['replicas']).not.toBe(9)
    expect(managersOf(status)['s Update status']).toEqual({ 'f:status': { 'f:replicas': {} } })
    const reset = await call(server.handler, 'PATCH', `${url}?fieldManager=r`, {
      headers: mergeType,
      body: { metadata: { managedFields: [{}] } },
    })
    expect(managersOf(reset)).toEqual({})
  })

  it('is begun anew by an empty list of managers, and not by one that is left out', async () => {
    const { server } = testServer()
    const cm = '/api/v1/namespaces/default/configmaps'
    const created = await call(server.handler, 'POST', `${cm}?fieldManager=m`, {
      body: { metadata: { name: 'c' }, data: { a: '1' } },
    })
    const put = (metadata: object): Promise<Answer> =>
      call(server.handler, 'PUT', `${cm}/c?fieldManager=m`, { body: { metadata, data: { a: '1' } } })
    expect(managersOf(await put({ name: 'c' }))).toEqual(managersOf(created))
    expect(managersOf(await put({ name: 'c', managedFields: [] }))).toEqual({})
  })

  it('is not recorded for what nobody owns, until somebody applies', async () => {
    const { server } = testServer()
    const cm = '/api/v1/namespaces/default/configmaps'
    await call(server.handler, 'POST', `${cm}?fieldManager=m`, { body: { metadata: { name: 'c' } } })
    const patch = (headers: Record<string, string>, body: object): Promise<Answer> =>
      call(server.handler, 'PATCH', `${cm}/c?fieldManager=m`, { headers, body })
    expect(managersOf(await patch(mergeType, { data: { a: '1' } }))).toEqual({})
    const applied = await patch(applyType, { apiVersion: 'v1', kind: 'ConfigMap', data: { b: '1' } })
    expect(managersOf(applied)).toEqual({
      'm Apply': { 'f:data': { 'f:b': {} } },
      'before-first-apply Update': { 'f:data': { '.': {}, 'f:a': {} } },
    })
    expect(managersOf(await patch(mergeType, { data: { c: '1' } }))).toMatchObject({
      'm Update': { 'f:data': { 'f:c': {} } },
    })
  })

  it('is refused where what is there can not be owned', async () => {
    const { call } = testServer()
    const url = '/api/v1/namespaces/default/serviceaccounts'
    await call('POST', url, { body: { metadata: { name: 'x' }, secrets: [{}] } })
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x' } }
    const { status, body: answer } = await call('PATCH', `${url}/x?fieldManager=m`, { headers: applyType, body })
    expect([status, answer.message]).toEqual([
      500,
      'failed to create manager for existing fields: failed to convert new object (/x; /v1, Kind=ServiceAccount) to smd typed: .secrets: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ])
  })

  it('folds the oldest of many updates into ancient-changes', async () => {
    const { server, clock } = testServer()
    const cm = '/api/v1/namespaces/default/configmaps'
    await call(server.handler, 'POST', `${cm}?fieldManager=m0`, {
      body: { metadata: { name: 'c' }, data: { k0: 'x' } },
    })
    let answer: Answer | undefined
    for (let i = 1; i < 13; i++) {
      await clock.advance(1_000)
      answer = await call(server.handler, 'PATCH', `${cm}/c?fieldManager=m${i}`, {
        headers: mergeType,
        body: { data: { [`k${i}`]: 'x' } },
      })
    }
    const managers = managersOf(answer as Answer)
    expect(Object.keys(managers)).toHaveLength(10)
    expect(managers['ancient-changes Update']).toEqual({
      'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {} },
    })
  })
})

/** What apply means for a flat map, said in another way: who owns which key, and what its value is. */
class FlatModel {
  readonly values = new Map<string, string>()
  readonly owners = new Map<string, Set<string>>()

  apply(manager: string, config: Record<string, string>, force: boolean): boolean {
    const name = `${manager} Apply`
    const changed = Object.keys(config).filter((key) => this.values.get(key) !== config[key])
    const others = (key: string): string[] =>
      [...this.owners].filter(([owner, keys]) => owner !== name && keys.has(key)).map(([owner]) => owner)
    if (!force && changed.some((key) => others(key).length > 0)) return false
    for (const key of changed) for (const owner of others(key)) this.owners.get(owner)?.delete(key)
    for (const key of this.owners.get(name) ?? [])
      if (!Object.hasOwn(config, key) && others(key).length === 0) this.values.delete(key)
    for (const [key, value] of Object.entries(config)) this.values.set(key, value)
    this.owners.set(name, new Set(Object.keys(config)))
    return true
  }

  update(manager: string, key: string, value: string | null): void {
    const name = `${manager} Update`
    if ((this.values.get(key) ?? null) === value) return
    for (const keys of this.owners.values()) keys.delete(key)
    if (value === null) this.values.delete(key)
    else {
      this.values.set(key, value)
      this.owners.set(name, (this.owners.get(name) ?? new Set<string>()).add(key))
    }
  }
}

const keys = fc.constantFrom('a', 'b', 'c')
const managers = fc.constantFrom('one', 'two')
const values = fc.constantFrom('1', '2')
const operations = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('apply' as const),
      manager: managers,
      config: fc.dictionary(keys, values, { maxKeys: 3 }),
      force: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('update' as const), manager: managers, key: keys, value: fc.option(values) }),
  ),
  { minLength: 1, maxLength: 12 },
)

describe('ownership', () => {
  it('follows an independent model of flat maps through any history', async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (history) => {
        const { server } = testServer()
        const model = new FlatModel()
        const cm = '/api/v1/namespaces/default/configmaps'
        // It has an owner, so that owners are recorded; and never becomes empty, which would have owners of its own.
        const first = { metadata: { name: 'c' }, data: { kept: 'zero' } }
        await call(server.handler, 'POST', `${cm}?fieldManager=zero`, { body: first })
        for (const operation of history) {
          if (operation.kind === 'apply') {
            const { manager, config, force } = operation
            const body = {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              ...(Object.keys(config).length === 0 ? {} : { data: config }),
            }
            const answer = await call(server.handler, 'PATCH', `${cm}/c?fieldManager=${manager}&force=${force}`, {
              headers: applyType,
              body,
            })
            expect(answer.status).toBe(model.apply(manager, config, force) ? 200 : 409)
          } else {
            const { manager, key, value } = operation
            model.update(manager, key, value)
            await call(server.handler, 'PATCH', `${cm}/c?fieldManager=${manager}`, {
              headers: mergeType,
              body: { data: { [key]: value } },
            })
          }
        }
        const answer = await call(server.handler, 'GET', `${cm}/c`)
        expect(answer.body['data']).toEqual({ ...first.data, ...Object.fromEntries(model.values) })
        const owned = Object.entries(managersOf(answer)).map(([name, fields]) => [
          name,
          Object.keys((fields as Record<string, object>)['f:data'] ?? {})
            .filter((key) => key !== '.' && key !== 'f:kept')
            .map((key) => key.slice(2))
            .sort(),
        ])
        const expected = [...model.owners].map(([name, owns]) => [name, [...owns].sort()])
        const nonEmpty = (list: unknown[][]): object =>
          Object.fromEntries(list.filter(([, owns]) => (owns as string[]).length > 0)) as object
        expect(nonEmpty(owned)).toEqual(nonEmpty(expected))
      }),
      { numRuns: 300 },
    )
  })

  const paths = fc.array(
    fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":"x"}', 'v:"s"', 'i:0'), { minLength: 1, maxLength: 3 }),
    { maxLength: 6 },
  )
  const setOf = (list: readonly (readonly string[])[]): FieldSet => {
    const set = new FieldSet()
    for (const path of list) path.reduce((node, element) => node.child(element), set).member = true
    return set
  }
  const members = (set: FieldSet): string[] => [...set.paths()].sort()

  it('combines sets as sets of paths', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)]
        const [inA, inB] = [new Set(members(a)), new Set(members(b))]
        expect(members(a.union(b))).toEqual([...inA.union(inB)].sort())
        expect(members(a.intersection(b))).toEqual([...inA.intersection(inB)].sort())
        expect(members(a.difference(b))).toEqual([...inA.difference(inB)].sort())
        expect(a.contains(b)).toBe(inB.isSubsetOf(inA))
        expect(a.isDisjoint(b)).toBe(inA.isDisjointFrom(inB))
        expect(members(decodeFields(encodeFields(a)))).toEqual(members(a))
      }),
    )
  })
})
