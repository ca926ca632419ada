import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { promisify } from 'node:util'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeKubeconfig } from '../src/kube/kubeconfig.ts'
import { controlTypes, encodeFrame } from '../src/kube/spdy/frames.ts'
import { idRequest, WorkloadSite } from './workload-site.ts'

let workload: WorkloadSite

beforeAll(async () => {
  workload = await WorkloadSite.open()
})
afterAll(() => workload[Symbol.asyncDispose]())

/** Names in a MemberListResponse. */
function memberNames(body: Buffer): string[] {
  const names: string[] = []
  const reader = new BinaryReader(body)
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field !== 2 || wire !== WireType.LengthDelimited) {
      reader.skip(wire, field)
      continue
    }
    const member = new BinaryReader(reader.bytes())
    while (member.pos < member.len) {
      const [inner, innerWire] = member.tag()
      if (inner === 2) names.push(member.string())
      else member.skip(innerWire, inner)
    }
  }
  return names
}

describe('port-forward', () => {
  it('to etcd: the member on that node answers with its own certificate', async () => {
    const answer = await workload.etcd('b', '/etcdserverpb.Cluster/MemberList')
    expect([answer.status, answer.certificate]).toEqual(['0', 'etcd-b'])
    expect(memberNames(answer.body)).toEqual(['a', 'b', 'x'])
    expect((await workload.etcd('a', '/etcdserverpb.Maintenance/Status')).status).toBe('0')
    expect((await workload.etcd('a', '/etcdserverpb.KV/Range')).status).toBe('12')
  })

  it('to etcd: leadership moves by the leader alone, and a member is removed for good', async () => {
    const leader = workload.members.find((member) => member.leader)
    const [other] = workload.members.filter((member) => !member.leader)
    const request = idRequest(other?.id ?? '')
    expect(await workload.etcd(other?.name ?? '', '/etcdserverpb.Maintenance/MoveLeader', request)).toMatchObject({
      status: '9',
      message: 'etcdserver: not leader',
    })
    expect((await workload.etcd(leader?.name ?? '', '/etcdserverpb.Maintenance/MoveLeader', request)).status).toBe('0')
    expect(workload.members.find((member) => member.leader)?.name).toBe(other?.name)
    const removed = await workload.etcd(
      other?.name ?? '',
      '/etcdserverpb.Cluster/MemberRemove',
      idRequest(leader?.id ?? ''),
    )
    expect(memberNames(removed.body)).not.toContain(leader?.name)
    const { error } = await workload.forward(`etcd-${leader?.name}`, 2379)
    expect(await error).toContain('connection refused')
    expect(
      (await workload.etcd(other?.name ?? '', '/etcdserverpb.Cluster/MemberRemove', idRequest('ffff'))).status,
    ).toBe('5')
  })

  it('to etcd: who shows no certificate of its authority gets no answer', async () => {
    const answer = await workload
      .etcd('b', '/etcdserverpb.Cluster/MemberList', undefined, workload.admin)
      .catch(() => undefined)
    expect(answer?.status ?? 'undefined').toBe('undefined')
  })

  it('to an API server, which shows its serving certificate', async () => {
    const { data } = await workload.forward('kube-apiserver-b', 6443)
    const tls = tlsConnect({ socket: data, ca: workload.ca.cert, checkServerIdentity: () => undefined })
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject))
    expect(tls.getPeerCertificate().subject.CN).toBe('kube-apiserver')
    tls.destroy()
    data.destroy()
  })

  it('to a port where nothing listens says so on the error stream; to a pod that is not there, 404', async () => {
    const { error } = await workload.forward('etcd-b', 1234)
    expect(await error).toContain('error forwarding port 1234 to pod')
    await expect(workload.forward('etcd-nobody', 2379)).rejects.toThrow('answered 404')
  })

  it('over WebSocket: the same frames in binary messages, under the name that clients ask for', async () => {
    const { head, socket } = await workload.upgraded('etcd-b', {
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
    })
    expect(head.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io')
    const ping = encodeFrame({ kind: 'control', type: controlTypes.ping, flags: 0, payload: Buffer.from([0, 0, 0, 1]) })
    const mask = Buffer.alloc(4) // of zeros: the payload stays as it is
    socket.write(Buffer.concat([Buffer.from([0x82, 0x80 + ping.length]), mask, ping]))
    const echoed = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(echoed).toEqual(Buffer.concat([Buffer.from([0x82, ping.length]), ping]))
    socket.destroy()
    await expect(
      workload.upgraded('etcd-b', { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'eA==' }),
    ).rejects.toThrow('answered 400')
  })

  it('passes the faults of its cluster', async () => {
    const { httpError } = await import('../src/faults/kinds/http-error.ts')
    workload.site.engine.arm({
      id: 'f',
      fault: 'f',
      kind: httpError,
      spec: { code: 503, shape: 'status' },
      clusters: ['default/c'],
      machines: [],
      matches: ({ request }) => request.subresource === 'portforward',
      streams: 'both',
      sample: undefined,
      priority: 0,
      lease: 60_000,
    })
    await expect(workload.forward('etcd-b', 2379)).rejects.toThrow('answered 503')
    workload.site.engine.healAll('heal')
  })

  it('serves kubectl port-forward', async ({ skip }) => {
    const run = promisify(execFile)
    if (
      !(await run('kubectl', ['version', '--client']).then(
        () => true,
        () => false,
      ))
    )
      skip('kubectl is not installed')
    const directory = mkdtempSync(join(tmpdir(), 'forward-'))
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(
      kubeconfig,
      writeKubeconfig({
        name: 'c',
        server: `https://127.0.0.1:${workload.port}`,
        ca: workload.ca.cert,
        user: 'admin',
        ...workload.admin,
      }),
    )
    const child = spawn('kubectl', [
      '--kubeconfig',
      kubeconfig,
      '-n',
      'kube-system',
      'port-forward',
      'pod/kube-apiserver-b',
      ':6443',
    ])
    try {
      const local = await new Promise<number>((resolve, reject) => {
        child.stdout.on('data', (text: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(text.toString())
          if (found !== null) resolve(Number(found[1]))
        })
        child.stderr.on('data', (text: Buffer) => reject(new Error(text.toString())))
      })
      const answer = await run('curl', [
        '-sS',
        '--fail',
        '--cacert',
        writtenTo(directory, workload.ca.cert),
        `https://127.0.0.1:${local}/version`,
      ])
      expect(answer.stdout).toContain('capstorm')
    } finally {
      child.kill()
      rmSync(directory, { recursive: true })
    }
  })
})

function writtenTo(directory: string, text: string): string {
  const path = join(directory, 'ca.crt')
  writeFileSync(path, text)
  return path
}
