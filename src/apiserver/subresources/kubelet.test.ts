/** What has to reach a kubelet gets as far as a real server gets without one. */
import { describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'

const here = '/api/v1/namespaces/default'

async function site(): Promise<(method: string, path: string) => Promise<unknown[]>> {
  const { call } = testServer()
  const make = async (path: string, body: object): Promise<Answer> => {
    const answer = await call('POST', path, { body })
    expect(answer.status).toBe(201)
    return answer
  }
  await make('/api/v1/nodes', {
    metadata: { name: 'n' },
    status: { addresses: [{ type: 'InternalIP', address: '10.9.9.9' }] },
  })
  await make('/api/v1/nodes', { metadata: { name: 'bare' } })
  const pod = (name: string, nodeName?: string, names = ['c']): object => ({
    metadata: { name },
    spec: { nodeName, containers: names.map((each) => ({ name: each, image: 'i', ports: [{ containerPort: 80 }] })) },
  })
  for (const each of [pod('none'), pod('on', 'n'), pod('lost', 'bare'), pod('gone', 'm'), pod('two', 'n', ['a', 'b'])])
    await make(`${here}/pods`, each)
  await make(`${here}/services`, { metadata: { name: 's' }, spec: { ports: [{ name: 'p', port: 80 }] } })
  const subsets = [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ name: 'p', port: 80 }] }]
  await make(`${here}/endpoints`, { metadata: { name: 's' }, subsets })
  return async (method, path) => {
    const { status, body } = await call(method, path)
    return [status, body.message]
  }
}

describe('pods', () => {
  it.each<[string, number, string]>([
    ['x/exec', 404, 'pods "x" not found'],
    ['none/exec', 400, 'pod none does not have a host assigned'],
    ['gone/exec', 404, 'pods "m" not found'],
    ['lost/attach', 500, 'no preferred addresses found; known addresses: []'],
    ['two/exec', 400, 'a container name must be specified for pod two, choose one of: [a b]'],
    ['two/exec?container=c', 400, 'container c is not valid for pod two'],
    ['on/attach', 400, 'Upgrade request required'],
    ['gone/log', 404, 'pods "m" not found'],
    ['none/proxy', 400, 'address not allowed'],
    ['a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
  ])('%s is answered %i', async (path, status, message) => {
    expect(await (await site())('GET', `${here}/pods/${path}`)).toEqual([status, message])
  })
})

describe('proxies', () => {
  it.each<[string, string, number, string]>([
    ['GET', '/api/v1/nodes/n/proxy/healthz', 503, '10.9.9.9:10250'],
    ['POST', '/api/v1/nodes/n:81/proxy/', 503, '10.9.9.9:81'],
  ])('%s %s ends where a server would dial', async (method, path, status, address) => {
    const message = `error trying to reach service: dial tcp ${address}: connect: connection refused`
    expect(await (await site())(method, path)).toEqual([status, message])
  })

  it.each<[string, number, string]>([
    ['x', 404, 'services "x" not found'],
    ['s:81', 503, 'no service port 81 found for service "s"'],
    ['s:p', 503, 'no endpoints available for service "s:p"'],
  ])('of services: %s is answered %i', async (name, status, message) => {
    expect(await (await site())('GET', `${here}/services/${name}/proxy/x/y`)).toEqual([status, message])
  })
})
