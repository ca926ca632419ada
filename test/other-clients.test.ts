/** The official JavaScript and Python clients against `capstorm up`: list, watch, patch. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { start, temporary } from './cli.ts'

const directory = join(temporary(), 'clients')
const kubeconfig = join(directory, 'management.kubeconfig')
let fleet: ReturnType<typeof start>

const hasPython = spawnSync('python3', ['-c', 'import kubernetes'], { stdio: 'ignore' }).status === 0
if (!hasPython) process.stderr.write('the Python client (pip: kubernetes) is not installed: its test is skipped\n')

const python = `
import sys
from kubernetes import client, config, watch
config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="python"), data={"a": "1"}))
core.patch_namespaced_config_map("python", "default", {"data": {"b": "2"}})
found = [c.data for c in core.list_namespaced_config_map("default").items if c.metadata.name == "python"]
for event in watch.Watch().stream(core.list_namespaced_config_map, "default", timeout_seconds=10):
    if event["object"].metadata.name == "python":
        print(event["type"], found[0])
        break
`

describe('other clients', () => {
  beforeAll(async () => {
    fleet = start(['up', '--dir', directory, '--seed', '5'])
    await fleet.until('ready: ', 50_000)
  }, 60_000)
  afterAll(async () => {
    fleet.child.kill('SIGINT')
    await fleet.finished
  })

  it('JavaScript: lists, watches and patches', async () => {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    const core = config.makeApiClient(CoreV1Api)
    const namespace = 'default'
    const seen: string[] = []
    const ended = new Promise<void>((resolve) => {
      void new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        { fieldSelector: 'metadata.name=javascript' },
        (type: string, object: { data?: Record<string, string> }) => {
          seen.push(`${type} ${JSON.stringify(object.data)}`)
          if (type === 'DELETED') resolve()
        },
        () => resolve(),
      )
    })
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'javascript' }, data: { a: '1' } } })
    await core.patchNamespacedConfigMap(
      { name: 'javascript', namespace, body: { data: { b: '2' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=javascript' })
    expect(items.map(({ data }) => data)).toEqual([{ a: '1', b: '2' }])
    await core.deleteNamespacedConfigMap({ name: 'javascript', namespace })
    await ended
    expect(seen).toEqual(['ADDED {"a":"1"}', 'MODIFIED {"a":"1","b":"2"}', 'DELETED {"a":"1","b":"2"}'])
  })

  it.runIf(hasPython)('Python: lists, watches and patches', () => {
    const said = execFileSync('python3', ['-c', python, kubeconfig], { encoding: 'utf8', timeout: 40_000 })
    expect(said).toBe("ADDED {'a': '1', 'b': '2'}\n")
  })
})
