import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { SimClock } from '../src/base/sim-clock.ts'
import { keyedRandom } from '../src/base/random.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { configMaps } from '../src/apiserver/resources/configmaps.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import { call, gadgetDefinition } from '../src/apiserver/testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'capstorm-data-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const serverOn = (data: string): ApiServer =>
  new ApiServer({
    name: 'data',
    clock: new SimClock(),
    random: keyedRandom(1),
    registry: new ResourceRegistry(builtInResources),
    defer: queueMicrotask,
    data,
  })

// A hundred processes load the same modules: the first one keeps them compiled.
const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, 'modules') }

/** Runs the writing server until it is killed, and returns the acknowledgements that reached us. */
function writeUntilKilled(data: string, round: number, afterLines: number): Promise<string[]> {
  const script = fileURLToPath(new URL('fixtures/writing-server.ts', import.meta.url))
  const child = spawn(process.execPath, [script, data, String(round)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      if (text.split('\n').length > afterLines) child.kill('SIGKILL')
    })
    child.on('close', () => resolve(text.split('\n').slice(0, -1)))
  })
}

describe('a data directory', () => {
  it('keeps every acknowledged write through 100 kills, and revisions only grow', { timeout: 600_000 }, async () => {
    const random = keyedRandom(7)
    const data = join(directory, 'killed')
    const expected = new Map<string, number>()
    let newest = 0
    for (let round = 0; round < 100; round++) {
      const lines = await writeUntilKilled(data, round, Math.floor(random.between(1, 400, 'kill', round)))
      expect(lines.length).toBeGreaterThan(0)
      for (const line of lines) {
        const [what = '', name = '', revision = ''] = line.split(' ')
        expect(Number(revision)).toBeGreaterThan(newest)
        newest = Number(revision)
        if (what === 'put') expected.set(name, newest)
        else expected.delete(name)
      }
    }
    using server = serverOn(data)
    expect(server.store.revision).toBeGreaterThanOrEqual(newest)
    for (const [name, revision] of expected) {
      const stored = server.store.get(configMaps, `default/${name}`)
      // Killed between a write and its acknowledgement, the server may know one more write than we do.
      expect(stored === undefined ? Number.POSITIVE_INFINITY : stored.revision, name).toBeGreaterThanOrEqual(revision)
    }
  })

  it('brings back objects that are stored in a version that is not served', async () => {
    const data = join(directory, 'unserved')
    const versions = (served: readonly string[]): object[] =>
      ['v1', 'v2'].map((name) => ({
        name,
        served: served.includes(name),
        storage: name === 'v1',
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      }))
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    const headers = { 'content-type': 'application/merge-patch+json' }
    const serve = ({ handler }: ApiServer, served: readonly string[]): ReturnType<typeof call> =>
      call(handler, 'PATCH', `${crds}/gadgets.example.dev`, { headers, body: { spec: { versions: versions(served) } } })
    const path = '/apis/example.dev/v2/namespaces/default/gadgets'
    {
      using server = serverOn(data)
      server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
      await call(server.handler, 'POST', crds, { body: gadgetDefinition({ versions: versions(['v2']) }) })
      const body = { apiVersion: 'example.dev/v2', kind: 'Gadget', metadata: { name: 'g' } }
      expect((await call(server.handler, 'POST', path, { body })).status).toBe(201)
    }
    {
      using server = serverOn(data)
      expect((await call(server.handler, 'GET', `${path}/g`)).body['apiVersion']).toBe('example.dev/v2')
      await serve(server, [])
    }
    using server = serverOn(data)
    expect((await call(server.handler, 'GET', `${path}/g`)).status).toBe(404)
    await serve(server, ['v2'])
    expect((await call(server.handler, 'GET', `${path}/g`)).status).toBe(200)
  })

  it('brings back definitions and their objects, refuses watches from before, and goes on', async () => {
    const data = join(directory, 'definitions')
    const crd = gadgetDefinition({
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    })
    const path = '/apis/example.dev/v1/namespaces/default/gadgets'
    let revision: string
    {
      using server = serverOn(data)
      server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
      await call(server.handler, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: crd })
      const created = await call(server.handler, 'POST', path, {
        body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { a: 1 } },
      })
      expect(created.status).toBe(201)
      revision = (created.body['metadata'] as { resourceVersion: string }).resourceVersion
    }
    using server = serverOn(data)
    const found = await call(server.handler, 'GET', `${path}/g`)
    expect(found.body).toMatchObject({ metadata: { resourceVersion: revision }, spec: { a: 1 } })
    const watch = await call(server.handler, 'GET', `${path}?watch=true&resourceVersion=1`)
    if (watch.reply.body.kind !== 'watch') throw new Error('not a watch')
    expect((await watch.reply.body.stream.next())?.events[0]).toMatchObject({ type: 'ERROR', object: { code: 410 } })
    const second = await call(server.handler, 'POST', path, {
      body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'h' } },
    })
    expect(Number((second.body['metadata'] as { resourceVersion: string }).resourceVersion)).toBeGreaterThan(
      Number(revision),
    )
    expect((second.body['metadata'] as { uid: string }).uid).not.toBe((found.body['metadata'] as { uid: string }).uid)
  })

  it('keeps the key of tokens, which work on; what is no key is not replaced', async () => {
    const data = join(directory, 'tokens')
    let headers: Record<string, string>
    {
      using server = serverOn(data)
      server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
      const accounts = '/api/v1/namespaces/default/serviceaccounts'
      await call(server.handler, 'POST', accounts, { body: { metadata: { name: 'robot' } } })
      const issued = await call(server.handler, 'POST', `${accounts}/robot/token`, { body: {} })
      headers = { authorization: `Bearer ${(issued.body['status'] as { token: string }).token}` }
    }
    const key = join(data, 'sa.key')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    {
      using server = serverOn(data)
      const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
      const { body } = await call(server.handler, 'POST', reviews, { headers, body: {}, peer: {} })
      expect(body['status']).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:robot' } })
    }
    writeFileSync(key, 'none')
    expect(() => serverOn(data)).toThrow(`${key} holds no private key`)
    expect(readFileSync(key, 'utf8')).toBe('none')
  })

  it('leaves out what follows a torn line', () => {
    const data = join(directory, 'torn')
    {
      using server = serverOn(data)
      for (const name of ['a', 'b'])
        server.store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    }
    const log = readdirSync(data).find((name) => name.startsWith('log-')) as string
    appendFileSync(join(data, log), '{"group":"","version":"v1","resource":"namespaces","key":"torn","revis')
    using server = serverOn(data)
    expect(server.store.get(namespaces, 'b')).toBeDefined()
    expect(server.store.get(namespaces, 'torn')).toBeUndefined()
  })
})
