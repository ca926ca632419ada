/** The replicas of anything that has some, as autoscaling/v1 Scale. Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go. */
import type { User } from '../access/authenticate.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { jsonPatch, mergePatch } from '../../kube/patch.ts'
import { badRequest, invalidValue, invalid } from '../../kube/status.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { jsonPatchType, mergePatchType, readObject, readPatch, strategicPatchType } from '../body.ts'
import { compilePath } from '../columns.ts'
import type { ResourceDefinition } from '../definition.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { ownedUpdate, writerOf } from '../ownership.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import { viewIn } from '../versions.ts'
import { updateObject } from '../write.ts'
import type { Subresource } from './subresource.ts'

type Paths = NonNullable<ResourceDefinition['scale']>

function scaleOf(object: KubeObject, paths: Paths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const read = (path: string | undefined): unknown => (path === undefined ? undefined : compilePath(path)(object))
  const selector = read(paths.labelSelectorPath)
  const replicas = read(paths.specReplicasPath)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    spec: typeof replicas === 'number' ? { replicas } : {},
    status: {
      replicas: read(paths.statusReplicasPath) ?? 0,
      ...(selector === undefined ? {} : { selector: typeof selector === 'string' ? selector : selectorText(selector) }),
    },
  }
}

/** matchLabels as the text that a label selector parameter takes. */
function selectorText(selector: unknown): string {
  const labels = isRecord(selector) && isRecord(selector['matchLabels']) ? selector['matchLabels'] : {}
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',')
}

function withReplicas(value: unknown, path: readonly string[], replicas: number): unknown {
  const [head, ...rest] = path
  if (head === undefined) return replicas
  const object = isRecord(value) ? value : {}
  return { ...object, [head]: withReplicas(object[head], rest, replicas) }
}

async function handle(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const paths = definition.scale as Paths
  const before = context.store.require(definition, keyOf(exchange))
  const live = (await viewIn(definition, before)).value
  const present = scaleOf(live, paths)
  const { verb } = exchange.request
  if (verb === 'get') return jsonReply(200, present)
  const wanted =
    verb === 'update'
      ? (await readObject(exchange, messageOf('autoscaling-v1.Scale'))).value
      : await patched(exchange, present)
  if (!isRecord(wanted)) throw badRequest('the object provided is unrecognized (must be of type Scale)')
  const spec = isRecord(wanted['spec']) ? wanted['spec'] : {}
  const replicas = Number(spec['replicas'] ?? 0)
  if (!Number.isInteger(replicas) || replicas < 0)
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, exchange.request.name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
  const { resourceVersion } = isRecord(wanted['metadata']) ? wanted['metadata'] : {}
  const changed = withReplicas(live, paths.specReplicasPath.split('.').slice(1), replicas) as KubeObject
  const object = {
    ...changed,
    metadata: { ...changed.metadata, resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '' },
  }
  const writer = { ...writerOf(definition, exchange, context.clock, 'Update'), time: undefined } // so does the real one
  const own = context.tracksOwnership ? (after: KubeObject) => ownedUpdate(definition, live, after, writer) : undefined
  const dryRun = isDryRun(exchange)
  const options = { dryRun, own, admission: context.webhooks.for({ definition, operation: 'UPDATE', exchange, user }) }
  const after = await updateObject(context.store, definition, before, object, 'scale', options)
  return jsonReply(200, scaleOf((await viewIn(definition, new Stored(after, 0))).value, paths))
}

async function patched(exchange: Exchange, present: KubeObject): Promise<unknown> {
  const { value, type } = await readPatch(exchange, [jsonPatchType, mergePatchType, strategicPatchType])
  return type === jsonPatchType ? jsonPatch(present, value) : mergePatch(present, value)
}

export const scale: Subresource = {
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  handle,
}

/** Where Deployments, ReplicaSets and StatefulSets keep theirs. */
export const workloadScale: Paths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
}
