import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openEnvelope, protobufType } from '../kube/types/protobuf.ts'
import { decodeMessage } from '../kube/types/protobuf-decode.ts'
import { messageOf } from '../kube/types/tables.ts'
import { proseOf } from './openapi/prose.ts'
import { builtInResources } from './resources/catalogue.ts'
import { testServer, type Answer } from './testing.ts'

const cm = '/api/v1/namespaces/default/configmaps'

async function withConfigMaps(count: number): Promise<ReturnType<typeof testServer>> {
  const test = testServer()
  for (let i = 0; i < count; i++)
    await test.call('POST', cm, {
      body: { metadata: { name: `c${String(i).padStart(2, '0')}`, labels: { odd: String(i % 2) } } },
    })
  return test
}

const names = (answer: Answer): string[] =>
  (answer.body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
const head = (answer: Answer): { continue?: string; remainingItemCount?: number; resourceVersion: string } =>
  answer.body['metadata'] as never

describe('pages', () => {
  it('show one revision, whatever is written between them', async () => {
    const { call } = await withConfigMaps(7)
    const first = await call('GET', `${cm}?limit=3`)
    expect(names(first)).toEqual(['c00', 'c01', 'c02'])
    expect(head(first).remainingItemCount).toBe(4)
    await call('DELETE', `${cm}/c04`)
    await call('POST', cm, { body: { metadata: { name: 'c03a' } } })
    const second = await call('GET', `${cm}?limit=3&continue=${head(first).continue}`)
    expect(names(second)).toEqual(['c03', 'c04', 'c05'])
    expect(head(second).resourceVersion).toBe(head(first).resourceVersion)
    const third = await call('GET', `${cm}?limit=3&continue=${head(second).continue}`)
    expect(names(third)).toEqual(['c06'])
    expect(head(third).continue).toBeUndefined()
  })

  it('expire with the history, with a token to go on inconsistently', async () => {
    const { call } = await withConfigMaps(4)
    const first = await call('GET', `${cm}?limit=2`)
    for (let i = 0; i < 250; i++)
      await call('PATCH', `${cm}/c00`, {
        body: { data: { i: String(i) } },
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    const expired = await call('GET', `${cm}?limit=2&continue=${head(first).continue}`)
    expect([expired.status, expired.body.reason]).toEqual([410, 'Expired'])
    const rest = await call('GET', `${cm}?limit=2&continue=${head(expired).continue}`)
    expect(names(rest)).toEqual(['c02', 'c03'])
    expect((await call('GET', `${cm}?continue=nonsense`)).status).toBe(400)
  })

  it('leave the count of the rest out under a selector, and the limit out for cached reads', async () => {
    const { call } = await withConfigMaps(6)
    const selected = await call('GET', `${cm}?limit=1&labelSelector=odd=1`)
    expect(names(selected)).toEqual(['c01'])
    expect(head(selected).remainingItemCount).toBeUndefined()
    expect(names(await call('GET', `${cm}?limit=1&resourceVersion=0`))).toHaveLength(6)
  })

  it('give the list as it was at an exact revision', async () => {
    const { call } = await withConfigMaps(3)
    const then = head(await call('GET', cm)).resourceVersion
    await call('DELETE', `${cm}/c01`)
    expect(names(await call('GET', `${cm}?resourceVersion=${then}&resourceVersionMatch=Exact`))).toEqual([
      'c00',
      'c01',
      'c02',
    ])
    expect((await call('GET', `${cm}?resourceVersionMatch=Exact`)).status).toBe(422)
    expect((await call('GET', `${cm}?resourceVersion=0&resourceVersionMatch=Exact`)).status).toBe(422)
  })
})

describe('columns of tables', () => {
  const described = builtInResources.flatMap(({ kind, columns = [], documented = {} }) =>
    Object.entries(documented)
      .filter(([, field]) => !field.includes(' '))
      .map(([name, field]) => ({ kind, name, field, columns })),
  )

  it('that are said something of are there', () => {
    for (const { kind, columns = [], documented = {} } of builtInResources)
      for (const name of Object.keys(documented))
        expect(
          columns.map((each) => each.name),
          kind,
        ).toContain(name)
  })

  it.each(described)('$kind $name is $field in the words of its type', ({ name, field, columns }) => {
    const [, message = '', member = ''] = /^(\S+)\.(\w+)$/.exec(field) ?? []
    expect(messageOf(message).fields.map((each) => each.name)).toContain(member)
    expect(proseOf(message).fields.get(member)?.length).toBeGreaterThan(10)
    expect(columns.map((column) => column.name)).toContain(name)
  })

  it('are shown with them', async () => {
    const { call } = testServer()
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
    const { body } = await call('GET', '/api/v1/namespaces/default/pods', { headers: { accept } })
    const [ip] = (body['columnDefinitions'] as { name: string }[]).filter(({ name }) => name === 'IP')
    expect(ip).toMatchObject({ description: proseOf('core-v1.PodStatus').fields.get('podIP') })
  })

  it('don’t list the values that there are, and one has the words of a version that nobody serves', async () => {
    const { call } = testServer()
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
    const said = async (path: string, column: string): Promise<string | undefined> => {
      const { body } = await call('GET', path, { headers: { accept } })
      const columns = body['columnDefinitions'] as { name: string; description: string }[]
      return columns.find(({ name }) => name === column)?.description
    }
    expect(await said('/api/v1/persistentvolumes', 'Status')).toMatch(/#phase$/)
    expect(await said('/apis/certificates.k8s.io/v1/certificatesigningrequests', 'SignerName')).toMatch(
      /^Requested signer for the request\./,
    )
  })
})

describe('representations', () => {
  it('begin with the kind, whatever a patch fills in', async () => {
    const { call } = testServer()
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
    await call('POST', classes, { body: { metadata: { name: 'p' }, value: 4 } })
    const headers = { 'content-type': 'application/merge-patch+json' }
    await call('PATCH', `${classes}/p`, { headers, body: { description: 'd' } })
    const { reply } = await call('GET', classes)
    const bytes = reply.body.kind === 'value' ? reply.body.value.bytes().toString() : ''
    const { items } = JSON.parse(bytes) as { items: { metadata: { name: string }; description?: string }[] }
    expect(items.find(({ metadata }) => metadata.name === 'p')).toMatchObject({ description: 'd' })
  })

  it('of a claim that has a volume, and no amount yet, say 0', async () => {
    const { call } = testServer()
    const claims = '/api/v1/namespaces/default/persistentvolumeclaims'
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
    const cells = async (body: object): Promise<unknown> =>
      ((await call('POST', claims, { headers: { accept }, body })).body['rows'] as { cells: unknown[] }[])[0]?.cells[3]
    expect(await cells({ metadata: { name: 'a' }, spec: { ...spec, volumeName: 'v' } })).toBe('0')
    expect(await cells({ metadata: { name: 'b' }, spec })).toBe('')
  })

  it('of webhooks count a list that is sent empty', async () => {
    const { call } = testServer()
    const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    await call('POST', configurations, { body: { metadata: { name: 'w' } } })
    const patch = async (body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/merge-patch+json' }
      const { body: after } = await call('PATCH', `${configurations}/w`, { headers, body })
      return (after['metadata'] as { generation: number }).generation
    }
    expect(await patch({ webhooks: [] })).toBe(2)
    expect(await patch({ metadata: { labels: { a: 'b' } } })).toBe(2)
    expect(await patch({ metadata: { labels: { a: 'c' } }, webhooks: [] })).toBe(3)
  })

  it('begin with who an object is and since when, as Go prints it', async () => {
    const { call } = testServer()
    const metadata = { finalizers: ['a/b'], labels: { a: 'b' }, name: 'm' }
    await call('POST', '/api/v1/namespaces/default/configmaps', { body: { metadata } })
    const url = '/api/v1/namespaces/default/configmaps/m'
    const identity = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp']
    const keys = async (method: string): Promise<string[]> =>
      Object.keys((await call(method, url)).body['metadata'] as object)
    expect(await keys('GET')).toEqual([...identity, 'labels', 'finalizers', 'managedFields'])
    const going = [...identity, 'deletionTimestamp', 'deletionGracePeriodSeconds']
    expect(await keys('DELETE')).toEqual([...going, 'labels', 'finalizers', 'managedFields'])
  })

  const bytesOf = ({ reply }: Answer): Buffer =>
    reply.body.kind === 'value' ? reply.body.value.bytes() : Buffer.alloc(0)

  it('are the first that the client accepts and the kind has', async () => {
    const { call } = await withConfigMaps(1)
    const get = (accept: string, url = `${cm}/c00`): Promise<Answer> => call('GET', url, { headers: { accept } })
    const { kind, raw } = openEnvelope(bytesOf(await get(`${protobufType},application/json`)))
    expect([kind, decodeMessage(messageOf('core-v1.ConfigMap'), raw)]).toMatchObject([
      'ConfigMap',
      { metadata: { name: 'c00' } },
    ])
    expect(parse(bytesOf(await get('application/yaml')).toString('utf8'))).toMatchObject({ kind: 'ConfigMap' })
    const metadata = await get('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', cm)
    expect(metadata.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'c00' } }],
    })
    expect((await get('text/html')).status).toBe(406)
    const widgets = '/apis/example.dev/v1/namespaces/default/widgets'
    expect((await get(protobufType, widgets)).status).toBe(406)
    expect((await get(`${protobufType},application/json`, widgets)).body['kind']).toBe('WidgetList')
    const partial = await get(`${protobufType};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`, widgets)
    expect(openEnvelope(bytesOf(partial)).kind).toBe('PartialObjectMetadataList')
  })

  it('are read in YAML and refused in what nobody knows', async () => {
    const { call } = testServer()
    const yaml = { 'content-type': 'application/yaml' }
    expect((await call('POST', cm, { headers: yaml, text: 'metadata: {name: m}\ndata: {a: b}\n' })).body).toMatchObject(
      { data: { a: 'b' } },
    )
    expect((await call('POST', cm, { headers: yaml, text: 'metadata: {name' })).status).toBe(400)
    expect((await call('POST', cm, { headers: { 'content-type': 'text/csv' }, text: 'a,b' })).status).toBe(415)
    const protobuf = { 'content-type': protobufType }
    expect((await call('POST', cm, { headers: protobuf, text: 'k8s' })).status).toBe(400)
    expect((await call('POST', cm, { headers: protobuf, bytes: Buffer.from('6b387300ffffffff', 'hex') })).status).toBe(
      400,
    )
  })
})
