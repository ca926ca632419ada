/** The replicas of anything that has some, as autoscaling/v1 Scale. Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { labelSelectorText } from '../../kube/selector.ts'
import { badRequest, failure, invalidValue, invalid } from '../../kube/status.ts'
import { applyConflict } from '../apply/updater.ts'
import { applyPatchType, jsonPatchType, mergePatchType, readPatch, strategicPatchType } from '../body.ts'
import { ageColumn, column, compilePath } from '../columns.ts'
import { conformed } from '../conform.ts'
import { builtIn, type LabelMap, type ResourceDefinition } from '../definition.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { ownedApply, ownedUpdate, ownersOf, writerOf } from '../ownership.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import { tableOptions, wantedIn } from '../verbs/read.ts'
import { objectReply } from '../represent.ts'
import { applied } from '../verbs/patched.ts'
import { readWhole } from '../verbs/sent.ts'
import { viewIn } from '../versions.ts'
import { updateObject, type Own } from '../write.ts'
import { requireNamed } from '../identify.ts'
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
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: read(paths.statusReplicasPath) ?? 0,
      ...(selector === undefined ? {} : { selector: selectorText(selector) }),
    },
  }
}

/** A text as it is, labels of old controllers as they are. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector
  const isNew = isRecord(selector) && (isRecord(selector['matchLabels']) || Array.isArray(selector['matchExpressions']))
  return labelSelectorText(isNew ? selector : { matchLabels: selector as LabelMap })
}

/** As a scale shows it: one that is zero is not there. */
function asScaled(object: KubeObject, path: readonly string[]): KubeObject {
  const has = compilePath(`.${path.join('.')}`)(object) !== 0
  return has ? object : (withReplicas(object, path, undefined) as KubeObject)
}

function withReplicas(value: unknown, path: readonly string[], replicas: number | undefined): unknown {
  const [head, ...rest] = path
  if (head === undefined) return replicas
  const object = isRecord(value) ? value : {}
  const { [head]: at, ...others } = object
  const within = withReplicas(at, rest, replicas)
  return within === undefined ? others : { ...object, [head]: within }
}

async function handle(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const paths = definition.scale as Paths
  const sent = exchange.request.verb === 'update' ? await readWhole(scales, exchange) : undefined
  if (sent !== undefined) requireNamed(exchange.request, sent.object.metadata.name)
  const before = context.store.require(definition, keyOf(definition, exchange))
  const live = (await viewIn(definition, before)).value
  const present = scaleOf(live, paths)
  const shown = (object: KubeObject): Reply =>
    objectReply(200, scales, new Stored(object, 0), wantedIn(scales, exchange), () => tableOptions(context, exchange))
  if (exchange.request.verb === 'get') return shown(present)
  const { wanted, applied } =
    sent === undefined ? await patchedScale(definition, exchange, present) : { wanted: sent.object, applied: false }
  const { replicas } = isRecord(wanted['spec']) ? wanted['spec'] : {}
  checkReplicas(definition, exchange, Number(replicas ?? 0))
  const { resourceVersion } = isRecord(wanted['metadata']) ? wanted['metadata'] : {}
  const change = (applied ? appliedChange : updatedChange)(context, definition, exchange, live, replicas)
  const { metadata } = change.object
  const expected = typeof resourceVersion === 'string' && resourceVersion !== '' ? { resourceVersion } : {}
  const object = { ...change.object, metadata: { ...metadata, ...expected } }
  const admission = context.webhooks.for({ definition, operation: 'UPDATE', exchange, user, name: live.metadata.name })
  const options = { dryRun: isDryRun(exchange), own: change.own, admission }
  const after = await updateObject(context.store, definition, before, object, 'scale', options)
  return shown(scaleOf((await viewIn(definition, new Stored(after, 0))).value, paths))
}

interface Change {
  readonly object: KubeObject
  readonly own: Own | undefined
}

type Changing = (
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  live: KubeObject,
  replicas: unknown,
) => Change

const pathOf = ({ scale: paths }: ResourceDefinition): string[] => (paths as Paths).specReplicasPath.split('.').slice(1)

const updatedChange: Changing = (context, definition, exchange, live, replicas) => {
  // No time is written down of what comes by this way.
  const writer = { ...writerOf(definition, exchange, context.clock, 'Update'), time: undefined }
  const path = pathOf(definition)
  return {
    object: withReplicas(live, path, Number(replicas ?? 0)) as KubeObject,
    // Nor who wrote it, where nobody owned it before: a scale of which nothing is managed is not tracked.
    own:
      context.tracksOwnership && isManaged(live, path)
        ? (after) => {
            const scaled = ownedUpdate(definition, asScaled(live, path), asScaled(after, path), writer)
            return { ...after, metadata: scaled.metadata }
          }
        : undefined,
  }
}

const appliedChange: Changing = (context, definition, exchange, live, replicas) => {
  const writer = { ...writerOf(definition, exchange, context.clock, 'Apply'), time: undefined }
  const { name } = live.metadata
  const said = { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata: { name } }
  const config = replicas === undefined ? said : withReplicas(said, pathOf(definition), Number(replicas))
  const force = exchange.request.query.get('force') === 'true'
  const present = compilePath((definition.scale as Paths).specReplicasPath)(live)
  if (!force && replicas !== undefined && replicas !== present && !isManaged(live, pathOf(definition)))
    throw applyConflict([
      { by: '"before-first-apply" with subresource "scale" using autoscaling/v1', path: '.spec.replicas' },
    ])
  const object = ownedApply(definition, live, config as KubeObject, writer, force, '')
  return { object, own: ownersOf(object) }
}

const scales = builtIn({
  group: 'autoscaling',
  version: 'v1',
  resource: 'scales',
  kind: 'Scale',
  namespaced: true,
  columns: [
    column('Name', 'string', '.metadata.name'),
    column('Desired', 'integer', '.spec.replicas'),
    column('Available', 'integer', '.status.replicas'),
    ageColumn,
  ],
})

/** Whether anybody says that they manage the field. */
const isManaged = ({ metadata: { managedFields = [] } }: KubeObject, path: readonly string[]): boolean =>
  managedFields.some((entry) => {
    let at: unknown = (entry as { fieldsV1?: unknown }).fieldsV1
    for (const field of path) at = isRecord(at) ? at[`f:${field}`] : undefined
    return at !== undefined
  })

/** What a patch makes of the scale, or what an apply says of it. */
async function patchedScale(
  definition: ResourceDefinition,
  exchange: Exchange,
  present: KubeObject,
): Promise<{ wanted: Record<string, unknown>; applied: boolean }> {
  const ownTypes = definition.custom === true ? [] : [strategicPatchType]
  const patches = [jsonPatchType, mergePatchType, ...ownTypes, applyPatchType]
  const body = await readPatch(exchange, patches)
  const { value, type } = body
  if (type === applyPatchType) {
    // Their converter knows no scales: so it is.
    if (definition.custom === true) throw notConverted(exchange.request.name)
    if (!isRecord(value)) throw badRequest('the object provided is unrecognized (must be of type Scale)')
    return { wanted: value, applied: true }
  }
  const patched = applied(scales, type === strategicPatchType ? mergePatchType : type, present, value)
  return { wanted: conformed(scales, exchange, patched as KubeObject, body).object, applied: false }
}

const notConverted = (name: string): Error =>
  failure(
    500,
    undefined,
    `failed to convert new object (/${name}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1`,
  )

/** Those of custom resources are checked with the whole of them. */
function checkReplicas(definition: ResourceDefinition, exchange: Exchange, replicas: number): void {
  if (Number.isInteger(replicas) && (replicas >= 0 || definition.custom === true)) return
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, exchange.request.name, [
    invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ])
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
