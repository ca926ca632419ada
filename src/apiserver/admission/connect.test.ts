/** Connections go through admission like writes: a policy may forbid commands in containers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'
import { testWebhooks, type TestWebhooks } from '../webhooks-testing.ts'

let server: TestWebhooks
const seen: Record<string, unknown>[] = []
beforeAll(async () => {
  server = await testWebhooks((path, request) => {
    seen.push(request)
    if (path === '/deny') return { allowed: false, status: { message: 'no shells here', code: 403 } }
    const patch = [{ op: 'replace', path: '/container', value: 'other' }]
    return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
  })
})
afterAll(() => server.close())

async function hooked(kind: 'mutating' | 'validating', path: string): Promise<ReturnType<typeof testServer>['call']> {
  const { call } = testServer()
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods/exec'], operations: ['CONNECT'] }]
  const webhook = {
    name: 'x.example.dev',
    clientConfig: server.clientConfig(path),
    rules,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
  }
  const body = { metadata: { name: 'c' }, webhooks: [webhook] }
  await call('POST', `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`, { body })
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  await call('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name: 'x' }, spec } })
  seen.length = 0
  return call
}

const exec = '/api/v1/namespaces/default/pods/x/exec'

describe('connections', () => {
  it('are shown to webhooks with their options, and refused by them', async () => {
    const call = await hooked('validating', '/deny')
    const answer = await call('POST', `${exec}?command=sh&command=-c&stdin=true&tty=0&container=c`)
    expect([answer.status, answer.body.message]).toEqual([
      403,
      'admission webhook "x.example.dev" denied the request: no shells here',
    ])
    expect(seen).toMatchObject([
      {
        operation: 'CONNECT',
        kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
        resource: { resource: 'pods' },
        subResource: 'exec',
        name: 'x',
        object: { kind: 'PodExecOptions', apiVersion: 'v1', stdin: true, command: ['sh', '-c'], container: 'c' },
        options: null,
      },
    ])
    expect(seen[0]?.['object']).not.toHaveProperty('tty')
    expect((await call('GET', '/api/v1/namespaces/default/pods/x/attach')).body.message).toBe('pods "n" not found')
  })

  it('are made as webhooks leave them', async () => {
    const call = await hooked('mutating', '/change')
    expect((await call('POST', `${exec}?command=ls&container=c`)).body.message).toBe(
      'container other is not valid for pod x',
    )
  })

  it.each([
    ['x', 'invalid syntax'],
    ['', 'invalid syntax'],
    ['65536', 'value out of range'],
  ])('are to ports: %j is none', async (port, why) => {
    const answer = await testServer().call('POST', `${exec.replace('exec', 'portforward')}?ports=1&ports=${port}`)
    const message = `cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(port)}: ${why}`
    expect([answer.status, answer.body.message]).toEqual([400, message])
  })

  it('cannot be tried', async () => {
    const answer = await testServer().call('POST', `${exec}?dryRun=All`)
    expect([answer.status, answer.body.message]).toEqual([400, 'dryRun is not supported'])
  })
})
