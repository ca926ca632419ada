import { describe, expect, it } from 'vitest'
import { masters, testServer } from './testing.ts'

const somebody = { certificate: { user: 'somebody', groups: [] } }

/** As kube-apiserver v1.36.1 sends them. */
describe('headers', () => {
  it('tell browsers to take a refusal for nothing else, where nobody has looked at what was asked', async () => {
    const { call } = testServer()
    const sniffing = async (url: string, peer: typeof masters, headers = {}): Promise<unknown> =>
      (await call('GET', url, { peer, headers })).headers['x-content-type-options']
    expect(await sniffing('/api/v1/pods', somebody)).toBe('nosniff')
    expect(await sniffing('/metrics', somebody)).toBe('nosniff')
    expect(await sniffing('/api', masters, { 'impersonate-group': 'a' })).toBe('nosniff')
    expect(await sniffing('/api/v1/pods', masters)).toBeUndefined()
    expect(await sniffing('/api/v1/namespaces/nope', masters)).toBeUndefined()
    expect(await sniffing('/api', masters, { authorization: 'Bearer bad' })).toBeUndefined()
  })

  it('say since when the server is there, and that documents come in ranges', async () => {
    const { call, clock } = testServer()
    const started = String(Math.floor(clock.wallMs() / 1000))
    await clock.advance(60_000)
    expect((await call('GET', '/metrics')).headers['process-start-time-unix']).toBe(started)
    for (const path of ['/openapi/v2', '/openapi/v3', '/openapi/v3/api/v1'])
      expect((await call('GET', path)).headers['accept-ranges'], path).toBe('bytes')
  })

  it('warn of a deprecated kind only where something can be done with it', async () => {
    const { call } = testServer()
    const path = '/api/v1/componentstatuses'
    expect((await call('GET', path)).headers['warning']).toBeDefined()
    const refused = await call('POST', path, { body: {} })
    expect([refused.status, refused.headers['warning']]).toEqual([405, undefined])
  })

  it('come with the same index at both names', async () => {
    const { call } = testServer()
    expect((await call('GET', '/index.html')).body).toEqual((await call('GET', '/')).body)
  })
})
