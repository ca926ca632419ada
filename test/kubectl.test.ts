import { certificateRequest } from '../src/apiserver/testing.ts'
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

  /** What kubectl says, whichever way it ends: some answers are errors, diff ends with 1. */
  const say = async (run: typeof management, ...args: string[]): Promise<string> =>
    run(...args).catch((error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return stdout + stderr
    })

  const file = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }

  it('applies on the server: owners, conflicts, force, diff', async () => {
    const map = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied, namespace: default}\ndata: {k: ${value}}\n`
    const [first, second] = [file('first.yaml', map('one')), file('second.yaml', map('two'))]
    expect(await management('apply', '--server-side', '-f', first)).toBe('configmap/applied serverside-applied\n')
    expect(await say(management, 'diff', '--server-side', '-f', second)).toMatch(/-\s+k: one\n\+\s+k: two/)
    const other = ['apply', '--server-side', '--field-manager=other', '-f', second]
    expect(await say(management, ...other)).toContain('Apply failed with 1 conflict: conflict with "kubectl": .data.k')
    await management(...other, '--force-conflicts')
    const shown = await management('get', 'cm', 'applied', '-o', 'yaml', '--show-managed-fields')
    expect(shown).toMatch(/manager: other\n\s+operation: Apply/)
    expect(await management('replace', '-f', first)).toBe('configmap/applied replaced\n')
    expect(await management('delete', 'cm', 'applied', '--dry-run=server')).toContain('server dry run')
    expect(await management('get', 'cm', 'applied', '-o', 'name')).toBe('configmap/applied\n')
  })

  it('validates on the server, strictly or with warnings', async () => {
    const deployment = file(
      'unknown.yaml',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: unknown, namespace: default}\nspec:\n  nope: 1\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}\n',
    )
    expect(await say(management, 'apply', '--validate=strict', '-f', deployment)).toContain(
      'strict decoding error: unknown field "spec.nope"',
    )
    expect(await management('create', '--validate=warn', '-f', deployment)).toContain('deployment.apps/unknown created')
  })

  it('creates what it sends as protobuf and JSON, explains it and scales it', async () => {
    await workload('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
    expect(await workload('get', 'deployment', 'web')).toMatch(/web +0\/2 +0 +0/)
    await workload('scale', 'deployment', 'web', '--replicas=3')
    expect(await workload('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas} {.metadata.generation}')).toBe(
      '3 2',
    )
    expect(await workload('explain', 'deployment.spec.template.spec.containers')).toContain(
      'FIELD: containers <[]Container>',
    )
    await workload('expose', 'deployment', 'web', '--port=80')
    expect(await workload('get', 'service', 'web')).toMatch(/web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/)
    await workload('run', 'pod', '--image=x', '--labels=a=b')
    expect(
      await workload('get', 'pod', 'pod', '-o', 'jsonpath={.spec.restartPolicy} {.status.phase} {.status.qosClass}'),
    ).toBe('Always Pending BestEffort')
    expect(await say(workload, 'rollout', 'status', 'deployment/web', '--timeout=1s')).toContain(
      'Waiting for deployment',
    )
    for (const cascade of ['foreground', 'background', 'orphan']) {
      await workload('create', 'deployment', `gone-${cascade}`, '--image=x')
      expect(await workload('delete', 'deployment', `gone-${cascade}`, `--cascade=${cascade}`)).toContain('deleted')
    }
    expect(await workload('api-resources')).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/)
  })

  it('cordons, taints and drains a node', async () => {
    const names = await workload(
      'get',
      'nodes',
      '-l',
      '!node-role.kubernetes.io/control-plane',
      '-o',
      'jsonpath={.items[*].metadata.name}',
    )
    const node = names.split(' ')[0] as string
    await workload('run', 'web', '--image=nginx', `--overrides={"spec":{"nodeName":"${node}"}}`)
    await workload('wait', 'pod/web', '--for=condition=Ready', '--timeout=20s')
    await workload('taint', 'nodes', node, 'a=b:NoSchedule')
    expect(await workload('drain', node, '--ignore-daemonsets', '--force')).toContain('pod/web evicted')
    expect(await workload('get', 'pods', '-o', 'name')).not.toContain('pod/web')
    expect(await workload('get', 'node', node)).toContain('Ready,SchedulingDisabled')
    await workload('uncordon', node)
    expect(await workload('get', 'node', node, '-o', 'jsonpath={.spec.taints[*].key}')).toBe('a')
  })

  it('edits an object, and shows its events', async () => {
    await workload('create', 'configmap', 'edited', '--from-literal=color=red')
    await promisify(execFile)(
      'kubectl',
      ['--kubeconfig', join(directory, 'default-small-1.kubeconfig'), 'edit', 'configmap', 'edited'],
      { timeout: 40_000, env: { ...process.env, KUBE_EDITOR: 'sed -i s/red/blue/' } },
    )
    expect(await workload('get', 'configmap', 'edited', '-o', 'jsonpath={.data.color}')).toBe('blue')
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'painted', namespace: 'default' },
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'edited', namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      ...{ reportingController: 'test.dev/painter', reportingInstance: 'one', action: 'Paint' },
      ...{ reason: 'Painted', note: 'it is blue now', type: 'Normal' },
    }
    const file = join(directory, 'event.json')
    writeFileSync(file, JSON.stringify(event))
    await workload('create', '-f', file)
    expect(await workload('events', '--for', 'configmap/edited')).toMatch(
      /Normal +Painted +ConfigMap\/edited +it is blue/,
    )
    expect(await workload('get', 'events.v1.events.k8s.io')).toMatch(/Normal +Painted +configmap\/edited +it is blue/)
  })

  it('approves a certificate', async () => {
    const file = join(directory, 'csr.json')
    const spec = { request: certificateRequest, signerName: 'test.dev/signer', usages: ['client auth'] }
    const head = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' }
    writeFileSync(file, JSON.stringify({ ...head, metadata: { name: 'mine' }, spec }))
    await workload('create', '-f', file)
    expect(await workload('get', 'csr', 'mine')).toMatch(
      /mine +\w+ +test.dev\/signer +kubernetes-admin +<none> +Pending/,
    )
    await workload('certificate', 'approve', 'mine')
    expect(await workload('get', 'csr', 'mine')).toMatch(/Approved/)
  })

  it('asks what it may, as itself and as others', async () => {
    expect(await management('auth', 'whoami')).toContain('capstorm-admin')
    expect(await management('auth', 'can-i', 'create', 'pods')).toBe('yes\n')
    await management('create', 'serviceaccount', 'robot')
    await management('create', 'rolebinding', 'robot', '--clusterrole=view', '--serviceaccount=default:robot')
    const robot = ['--as', 'system:serviceaccount:default:robot']
    expect(await management('auth', 'can-i', 'list', 'pods', ...robot)).toBe('yes\n')
    expect(await say(management, 'auth', 'can-i', 'list', 'secrets', ...robot)).toContain('no')
    expect(await say(management, 'get', 'secrets', ...robot)).toContain(
      'secrets is forbidden: User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default"',
    )
    expect((await management('create', 'token', 'robot')).split('.')).toHaveLength(3)
  })

  it('installs a definition and uses it', async () => {
    const crd = file(
      'crd.yaml',
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.dev}
spec:
  group: example.dev
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget, shortNames: [gd]}
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: integer, maximum: 5, default: 2}}}}
`,
    )
    await management('apply', '-f', crd)
    await management('wait', '--for=condition=Established', 'crd/gadgets.example.dev', '--timeout=10s')
    const gadget = (size: number): string =>
      `apiVersion: example.dev/v1\nkind: Gadget\nmetadata: {name: g, namespace: default}\nspec: {size: ${size}}\n`
    expect(await say(management, 'apply', '-f', file('large.yaml', gadget(9)))).toContain(
      'spec.size: Invalid value: 9: spec.size in body should be less than or equal to 5',
    )
    await management('apply', '-f', file('gadget.yaml', gadget(3)))
    expect(await management('get', 'gd')).toMatch(/NAME +SIZE\ng +3/)
    expect(await management('explain', 'gadget.spec.size')).toContain('FIELD: size <integer>')
    await management('delete', 'crd', 'gadgets.example.dev')
    expect(await say(management, 'get', 'gd')).toMatch(
      /doesn't have a resource type|could not find the requested resource/, // kubectl keeps its discovery for a while
    )
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
