import { describe, expect, it } from 'vitest'
import type { WatchStream } from '../../kube/handler.ts'
import { gadgetDefinition, testServer, type Answer, type TestServer } from '../testing.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const root = (version: string): string => `/apis/example.dev/${version}/namespaces/default/gadgets`
const headers = { 'content-type': 'application/merge-patch+json' }

interface Version {
  readonly storage?: boolean
  readonly served?: boolean
}

const versions = (wanted: Readonly<Record<string, Version>>): object[] =>
  Object.entries(wanted).map(([name, { storage = false, served = true }]) => ({
    name,
    served,
    storage,
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  }))

const settled = (): Promise<void> => new Promise(setImmediate)

async function change({ call }: TestServer, spec: object, name = 'gadgets'): Promise<Answer> {
  const answer = await call('PATCH', `${crds}/${name}.example.dev`, { headers, body: { spec } })
  await settled()
  return answer
}

async function serverWith(wanted: Readonly<Record<string, Version>>, names = {}): Promise<TestServer> {
  const server = testServer()
  const spec = { names: { plural: 'gadgets', kind: 'Gadget', ...names }, versions: versions(wanted) }
  await server.call('POST', crds, { body: gadgetDefinition(spec) })
  await settled()
  const body = { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' } }
  expect((await server.call('POST', root('v1'), { body })).status).toBe(201)
  return server
}

async function watch({ call }: TestServer, version: string): Promise<WatchStream> {
  const { reply } = await call('GET', `${root(version)}?watch=true`)
  if (reply.body.kind !== 'watch') throw new Error('no watch')
  return reply.body.stream
}

const itemsOf = ({ body }: Answer): { apiVersion: string }[] => body['items'] as { apiVersion: string }[]
const condition = ({ body }: Answer, type: string): string | undefined =>
  (body['status'] as { conditions: { type: string; status: string }[] }).conditions.find((each) => each.type === type)
    ?.status

describe('a definition that changes', () => {
  it('shows what was stored in another version than it stores now in the version that is asked for', async () => {
    const server = await serverWith({ v1: { storage: true }, v2: {} })
    const { body } = await change(server, { versions: versions({ v1: {}, v2: { storage: true } }) })
    expect((body['status'] as { storedVersions: string[] }).storedVersions).toEqual(['v1'])
    for (const version of ['v1', 'v2']) {
      const apiVersion = `example.dev/${version}`
      expect((await server.call('GET', `${root(version)}/g`)).body['apiVersion']).toBe(apiVersion)
      expect(itemsOf(await server.call('GET', root(version))).map((item) => item.apiVersion)).toEqual([apiVersion])
      const batch = await (await watch(server, version)).next()
      expect(batch?.events.map(({ object }) => (object as { apiVersion: string }).apiVersion)).toEqual([apiVersion])
      expect(JSON.parse(String(batch?.bytes()))).toMatchObject({ object: { apiVersion } })
    }
  })

  it('stores anew what is written without a change, as migrations do', async () => {
    const server = await serverWith({ v1: { storage: true }, v2: {} })
    const version = async (): Promise<unknown> =>
      ((await server.call('GET', `${root('v2')}/g`)).body['metadata'] as { resourceVersion: string }).resourceVersion
    await change(server, { versions: versions({ v1: {}, v2: { storage: true } }) })
    const stored = await version()
    const touch = async (): Promise<unknown> => server.call('PATCH', `${root('v2')}/g`, { headers, body: {} })
    await touch()
    const migrated = await version()
    expect(migrated).not.toBe(stored)
    await touch()
    expect(await version()).toBe(migrated)
  })

  it('ends the watches of its objects, and so does its deletion', async () => {
    const server = await serverWith({ v1: { storage: true } })
    const open = async (): Promise<WatchStream> => {
      const stream = await watch(server, 'v1')
      await stream.next()
      return stream
    }
    const first = await open()
    await server.call('PATCH', `${crds}/gadgets.example.dev`, { headers, body: { metadata: { labels: { a: 'b' } } } })
    let ended = false
    const end = first.next().then((batch) => (ended = batch === undefined))
    await settled()
    expect(ended).toBe(false)
    await change(server, { names: { plural: 'gadgets', kind: 'Gadget', categories: ['all'] } })
    expect(await end).toBe(true)
    const second = await open()
    await server.call('DELETE', `${crds}/gadgets.example.dev`)
    const batch = await second.next()
    expect(batch?.events.map(({ type }) => type)).toEqual(['DELETED'])
    expect(await second.next()).toBeUndefined()
  })

  it('is established though it serves no version, and has its objects when it serves one again', async () => {
    const server = await serverWith({ v1: { storage: true } })
    await change(server, { versions: versions({ v1: { storage: true, served: false } }) })
    expect((await server.call('GET', root('v1'))).status).toBe(404)
    expect(condition(await server.call('GET', `${crds}/gadgets.example.dev`), 'Established')).toBe('True')
    await change(server, { versions: versions({ v1: { storage: true } }) })
    expect(itemsOf(await server.call('GET', root('v1')))).toHaveLength(1)
  })

  it('gives up names, and who has waited for them is established', async () => {
    const server = await serverWith({ v1: { storage: true } }, { shortNames: ['gd'] })
    const other = gadgetDefinition({
      names: { plural: 'others', kind: 'Other', shortNames: ['gd'] },
      versions: versions({ v1: { storage: true } }),
    })
    await server.call('POST', crds, { body: { ...other, metadata: { name: 'others.example.dev' } } })
    await settled()
    const established = async (): Promise<unknown> =>
      condition(await server.call('GET', `${crds}/others.example.dev`), 'Established')
    expect(await established()).toBe('False')
    await change(server, { names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gt'] } })
    expect(await established()).toBe('True')
  })
})
