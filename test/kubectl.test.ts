import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { start, temporary } from './cli.ts'

const hasKubectl = ((): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (!hasKubectl) process.stderr.write('kubectl is not installed: its tests are skipped\n')

const directory = join(temporary(), 'up')
let fleet: ReturnType<typeof start>

const kubectl = async (config: string, ...args: string[]): Promise<string> =>
  (
    await promisify(execFile)(
      'kubectl',
      ['--kubeconfig', join(directory, `${config}.kubeconfig`), '--cache-dir', join(directory, 'cache'), ...args],
      { timeout: 40_000 },
    )
  ).stdout
const management = (...args: string[]): Promise<string> => kubectl('management', ...args)
const workload = (...args: string[]): Promise<string> => kubectl('default-small-1', ...args)

describe.runIf(hasKubectl)('kubectl against capstorm up', () => {
  beforeAll(async () => {
    fleet = start(['up', '--dir', directory, '--seed', '3'])
    await fleet.until('ready: ', 50_000)
  }, 60_000)

  afterAll(async () => {
    fleet.child.kill('SIGINT')
    expect((await fleet.finished).code).toBe(0)
    expect(readdirSync(directory).filter((name) => name.endsWith('.kubeconfig'))).toEqual([])
  })

  it('finds kubeconfigs that only their owner can read', () => {
    const files = readdirSync(directory).filter((name) => name.endsWith('.kubeconfig'))
    expect(files.sort()).toEqual([
      'default-ha-1.kubeconfig',
      'default-ha-2.kubeconfig',
      'default-small-1.kubeconfig',
      'default-small-2.kubeconfig',
      'default-small-3.kubeconfig',
      'management.kubeconfig',
    ])
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['clusters', /ha-1 +True +3 +3 +3 +2 +2 +2 +Provisioned/],
    [
      'machines',
      /small-1-control-plane-\w+ +small-1 +small-1-control-plane-\w+ +True +True +True +Running +\w+ +v1\.35\.0/,
    ],
    ['machinedeployments', /small-1-md-0 +small-1 +True +2 +2 +2 +2 +2 +Running/],
    ['machinehealthchecks', /small-1-md-0 +small-1 +2 +2/],
    ['kubeadmcontrolplanes', /ha-1-control-plane +ha-1 +True +3 +3 +3 +3 +3 +true/],
    ['devmachines', /small-1-control-plane-\w+ +small-1 +true/],
  ])('gets %s with printer columns', async (kind, row) => expect(await management('get', kind)).toMatch(row))

  it.each([
    ['nodes', /small-1-control-plane-\w+ +Ready +control-plane/],
    ['pods', /kube-apiserver-small-1-control-plane-\w+ +1\/1 +Running/],
    ['leases', /small-1-control-plane-\w+ +small-1-control-plane-\w+/],
    ['configmaps', /kubeadm-config/],
    ['namespaces', /kube-system +Active/],
  ])('gets %s of a workload cluster', async (kind, row) => expect(await workload('get', kind, '-A')).toMatch(row))

  it('shows YAML, describes, labels', async () => {
    expect(await management('get', 'cluster', 'ha-1', '-o', 'yaml')).toContain('kind: KubeadmControlPlane')
    expect(await management('describe', 'cluster', 'ha-1')).toMatch(/Type: +Available/)
    await management('label', 'cluster', 'ha-1', 'team=storm')
    expect(await management('get', 'clusters', '-l', 'team=storm', '-o', 'name')).toBe(
      'cluster.cluster.x-k8s.io/ha-1\n',
    )
    expect(await workload('describe', 'nodes')).toContain('kubelet is posting ready status')
  })

  it('applies, twice, and deletes', async () => {
    const file = join(directory, 'map.yaml')
    writeFileSync(
      file,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello, namespace: default}\ndata: {a: "1", b: "1"}\n',
    )
    expect(await workload('apply', '-f', file)).toContain('created')
    writeFileSync(
      file,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello, namespace: default}\ndata: {a: "2"}\n',
    )
    expect(await workload('apply', '-f', file)).toContain('configured')
    expect(await workload('apply', '-f', file)).toContain('unchanged')
    expect(JSON.parse(await workload('get', 'configmap', 'hello', '-o', 'jsonpath={.data}'))).toEqual({ a: '2' })
    expect(await workload('delete', 'configmap', 'hello')).toContain('deleted')
    const secret = join(directory, 'secret.yaml')
    writeFileSync(secret, 'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\nstringData: {k: v}\n')
    expect(await workload('apply', '-f', secret)).toContain('created')
    expect(await workload('get', 'secret', 's', '-o', 'jsonpath={.data.k}')).toBe('dg==')
  })

  it('watches a scale-up by patch until the machine runs', async () => {
    const watching = promisify(execFile)(
      'kubectl',
      [
        '--kubeconfig',
        join(directory, 'management.kubeconfig'),
        '--cache-dir',
        join(directory, 'cache'),
        'get',
        'machines',
        '-w',
        '--request-timeout=8s',
      ],
      { timeout: 30_000 },
    ).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    )
    await management('patch', 'machinedeployment', 'small-3-md-0', '--type', 'merge', '-p', '{"spec":{"replicas":3}}')
    await management(
      'wait',
      'machinedeployment/small-3-md-0',
      '--for=jsonpath={.status.readyReplicas}=3',
      '--timeout=20s',
    )
    const rows = (await watching).split('\n').filter((row) => row.startsWith('small-3-md-0'))
    expect(rows.some((row) => row.includes('Provisioning'))).toBe(true)
    expect(rows.some((row) => row.includes('Running'))).toBe(true)
  })

  it('deletes a cluster to nothing', async () => {
    await management('delete', 'cluster', 'small-2', '--timeout=35s')
    for (const kind of [
      'machines',
      'devmachines',
      'devclusters',
      'kubeadmconfigs',
      'machinesets',
      'secrets',
      'machinehealthchecks',
      'devmachinetemplates',
    ]) {
      expect(
        (await management('get', kind, '-o', 'name')).split('\n').filter((name) => name.includes('/small-2')),
      ).toEqual([])
    }
  })
})
