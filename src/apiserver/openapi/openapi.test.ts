import { BinaryReader } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { gadgetDefinition, testServer } from '../testing.ts'
import { builtInResources } from '../resources/catalogue.ts'
import { messageOfKind } from '../../kube/types/tables.ts'
import { proseOf } from './prose.ts'

const protobuf = (version: string, mark = '.'): string =>
  `application/com.github.proto-openapi.spec.${version}${mark}v1.0+protobuf`

describe('OpenAPI', () => {
  it('has a document for every page that it names, with all that the document mentions', async () => {
    const { call } = testServer()
    const { paths } = await index(call)
    expect(Object.keys(paths)).toContain('apis/apps/v1')
    for (const { serverRelativeURL } of Object.values(paths)) {
      const document = await call('GET', serverRelativeURL)
      expect(document.status).toBe(200)
      const text = JSON.stringify(document.body)
      const { schemas } = document.body['components'] as { schemas: object }
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        expect(Object.keys(schemas)).toContain(name)
    }
    const whole = await call('GET', '/openapi/v2')
    expect(whole.body).toMatchObject({ swagger: '2.0' })
    const { definitions } = whole.body as { definitions?: object }
    for (const [, name] of JSON.stringify(whole.body).matchAll(/"#\/definitions\/([^"]+)"/g))
      expect(Object.keys(definitions ?? {})).toContain(name)
  })

  it('may be kept by an address that names its content, and goes on to the next where that has changed', async () => {
    const { call } = testServer()
    const { paths } = await index(call)
    const address = paths['apis/policy/v1']?.serverRelativeURL as string
    const kept = await call('GET', address)
    expect(kept.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' })
    const etag = String(kept.headers['etag'])
    expect(etag).toBe(`"${address.split('hash=')[1]}"`)
    expect((await call('GET', '/openapi/v3/apis/policy/v1', { headers: { 'if-none-match': etag } })).status).toBe(304)
    const old = await call('GET', '/openapi/v3/apis/policy/v1?hash=0')
    expect([old.status, old.headers['location']]).toEqual([301, address])
  })

  it('follows definitions at once, and others keep theirs', async () => {
    const { call, server } = testServer()
    const before = (await index(call)).paths
    const schema = { type: 'object', properties: { spec: { type: 'object', description: 'What it is for.' } } }
    const versions = [{ name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: schema } }]
    await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      body: gadgetDefinition({ versions }),
    })
    expect(server.store.registry.byPath('example.dev', 'v2', 'gadgets')).toBeDefined()
    const after = (await index(call)).paths
    expect(after['apis/example.dev/v2']).toBeDefined()
    expect(after['apis/apps/v1']).toEqual(before['apis/apps/v1'])
    const { body } = await call('GET', '/openapi/v3/apis/example.dev/v2')
    expect(body).toMatchObject({
      components: {
        schemas: { 'dev.example.v2.Gadget': { properties: { spec: { description: 'What it is for.' } } } },
      },
      paths: {
        '/apis/example.dev/v2/namespaces/{namespace}/gadgets': {
          get: { operationId: 'listExampleDevV2NamespacedGadget' },
        },
      },
    })
  })

  it('lists each path with what all its operations take, and each operation with what only it takes', async () => {
    const { call } = testServer()
    const paths = (await call('GET', '/openapi/v3/api/v1')).body['paths'] as Record<string, PathItem>
    const taken = (path: string, method?: string): string[] =>
      ((method === undefined ? paths[path]?.parameters : paths[path]?.[method]?.parameters) ?? []).map(
        ({ name }) => name,
      )
    const pod = '/api/v1/namespaces/{namespace}/pods/{name}'
    expect(taken(pod)).toEqual(['name', 'namespace', 'pretty'])
    expect(taken(pod, 'patch')).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force'])
    expect(taken('/api/v1/namespaces/{namespace}/bindings', 'post')).toEqual([])
    expect(taken('/api/v1/namespaces/{namespace}/bindings')).toContain('dryRun')
    expect(taken(`${pod}/exec`)).toEqual([
      'command',
      'container',
      'name',
      'namespace',
      'stderr',
      'stdin',
      'stdout',
      'tty',
    ])
    expect(taken(`${pod}/log`)).toContain('tailLines')
    expect(paths[pod]?.['patch']?.requestBody?.required).toBe(true)
    expect(paths[pod]?.['delete']?.requestBody?.required).toBeUndefined()
    // A pod that is deleted is shown, a service account isn't.
    const schemas = (path: string): unknown => paths[path]?.['delete']?.responses?.['200']?.content['application/json']
    expect(JSON.stringify(schemas(pod))).toContain('core.v1.Pod')
    expect(JSON.stringify(schemas('/api/v1/namespaces/{namespace}/configmaps/{name}'))).toContain('meta.v1.Status')
    expect(Object.keys(paths['/api/v1/nodes/{name}/proxy/{path}'] ?? {}).sort()).toEqual([
      'delete',
      'get',
      'head',
      'options',
      'parameters',
      'patch',
      'post',
      'put',
    ])
    expect(paths['/api/v1/watch/namespaces/{namespace}/pods']?.['get']?.operationId).toBe(
      'watchCoreV1NamespacedPodList',
    )
  })

  it('tells of custom resources what can be asked of them: no strategic merge, no paths of watches', async () => {
    const { call } = testServer()
    const { body } = await call('GET', '/openapi/v3/apis/example.dev/v1')
    const paths = body['paths'] as Record<string, PathItem>
    expect(Object.keys(paths).filter((path) => path.includes('/watch/'))).toEqual([])
    const widget = paths['/apis/example.dev/v1/namespaces/{namespace}/widgets/{name}']
    expect(Object.keys(widget?.['patch']?.requestBody?.content ?? {}).sort()).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
    ])
  })

  it('names what fields are by default in version 3 only', async () => {
    const { call } = testServer()
    const owner = ['io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference', 'properties', 'name']
    const { body: three } = await call('GET', '/openapi/v3/apis/apps/v1')
    expect(three).toHaveProperty(['components', 'schemas', ...owner, 'default'], '')
    const { body: two } = await call('GET', '/openapi/v2')
    expect(two).toHaveProperty(['definitions', ...owner, 'type'], 'string')
    expect(two).not.toHaveProperty(['definitions', ...owner, 'default'])
  })

  it('is in protobuf where asked, and refused in what nobody knows', async () => {
    const { call } = testServer()
    const asked = async (path: string, accept: string) => call('GET', path, { headers: { accept } })
    for (const [path, version] of [
      ['/openapi/v2', 'v2'],
      ['/openapi/v3/apis/apps/v1', 'v3'],
    ] as const) {
      for (const mark of ['.', '@'])
        expect((await asked(path, protobuf(version, mark))).headers['content-type']).toBe(protobuf(version))
      expect((await asked(path, 'application/yaml')).status).toBe(406)
      expect((await asked(path, 'application/yaml, */*')).headers['content-type']).toBe('application/json')
    }
    const { reply } = await asked('/openapi/v2', protobuf('v2'))
    const reader = new BinaryReader(reply.body.kind === 'bytes' ? reply.body.bytes : Buffer.alloc(0))
    const fields: number[] = []
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag()
      fields.push(number)
      if (number === 1) expect(reader.string()).toBe('2.0')
      else reader.skip(wire)
    }
    expect(fields).toEqual([1, 2, 8, 9, 10, 13, 12])
  })

  it('says of every built-in kind what Kubernetes says of it', () => {
    const silent = builtInResources.filter(({ group, version, kind, custom }) => {
      const message = custom === true ? undefined : messageOfKind(group, version, kind)
      return message !== undefined && proseOf(message.name).text === ''
    })
    expect(silent.map(({ kind }) => kind)).toEqual([])
    expect(proseOf('core-v1.PodSpec').fields.get('containers')).toMatch(/^List of containers belonging to the pod/)
    expect(proseOf('apiextensions-v1.JSONSchemaProps').fields.get('default')).toMatch(/^default is a default value/)
  })
})

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { name: string }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: object }
  readonly responses?: Readonly<Record<string, { content: Readonly<Record<string, object>> }>>
}
type PathItem = Readonly<Record<string, Operation>> & { readonly parameters?: readonly { name: string }[] }

async function index(
  call: ReturnType<typeof testServer>['call'],
): Promise<{ paths: Record<string, { serverRelativeURL: string }> }> {
  return (await call('GET', '/openapi/v3')).body as never
}
