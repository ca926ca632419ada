/** The replicas of anything that has some, as autoscaling/v1 Scale. Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/etcd.go. */
import type { Exchange, Reply } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { labelSelectorText } from '../../kube/selector.ts'
import { badRequest, conflict, internalError, invalid, invalidValue } from '../../kube/status.ts'
import type { Admission } from '../admission/admission.ts'
import { compilePath } from '../columns.ts'
import { asPrinted } from '../conform.ts'
import type { LabelMap, ResourceDefinition } from '../definition.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { withOwners } from '../apply/changes.ts'
import { ownersOf } from '../ownership.ts'
import { isDryRun, keyOf } from '../verbs/context.ts'
import { tableOptions, wantedIn } from '../verbs/read.ts'
import { objectReply } from '../represent.ts'
import { viewIn } from '../versions.ts'
import { warningHeaders } from '../warnings.ts'
import { updateObject } from '../write.ts'
import { requireNamed } from '../identify.ts'
import { checkUid } from '../lock.ts'
import { newMetadataCauses } from '../rules/metadata.ts'
import { ownersOfScale, ownersOfScaled } from './scale-owners.ts'
import { patchedScale, readScale, scales, updated } from './scale-sent.ts'
import type { Subresource } from './subresource.ts'

/** Stands in a scale for replicas that are not there. */
const unsetReplicas = -(2 ** 31)

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

function withReplicas(value: unknown, path: readonly string[], replicas: number | undefined): unknown {
  const [head, ...rest] = path
  if (head === undefined) return replicas
  const object = isRecord(value) ? value : {}
  const { [head]: at, ...others } = object
  const within = withReplicas(at, rest, replicas)
  return within === undefined ? others : { ...object, [head]: within }
}

const handle: Subresource['handle'] = async (context, definition, exchange, user) => {
  const paths = definition.scale as Paths
  const sent = exchange.request.verb === 'update' ? await readScale(definition, exchange) : undefined
  if (sent !== undefined) requireNamed(exchange.request, sent.object.metadata.name)
  const before = context.store.require(definition, keyOf(definition, exchange))
  const live = (await viewIn(definition, before)).value
  if (sent !== undefined) checkUid(definition, live, sent.object, isDryRun(exchange))
  const shown = (object: KubeObject, warnings: readonly string[] = []): Reply =>
    objectReply(
      200,
      scales,
      new Stored(object, 0),
      wantedIn(scales, exchange),
      () => tableOptions(context, exchange),
      warningHeaders(warnings).headers,
    )
  const isSet = definition.custom !== true || compilePath(paths.specReplicasPath)(live) !== undefined
  const present = scaleOf(live, paths)
  if (exchange.request.verb === 'get') {
    if (isSet) return shown(present)
    throw internalError(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`)
  }
  const managedFields = context.tracksOwnership ? ownersOfScale(definition, live) : undefined
  const unset = isSet ? {} : { spec: { replicas: unsetReplicas } }
  const old = withOwners({ ...present, ...unset }, managedFields)
  const { object: asked, warnings } =
    sent === undefined ? await patchedScale(context, definition, exchange, old) : updated(context, exchange, old, sent)
  const { name } = live.metadata
  if (sent === undefined && definition.custom !== true) requireUid(definition, live, asked)
  const admission = context.webhooks.for({ definition, kind: scales, operation: 'UPDATE', exchange, user, name })
  const wanted =
    admission === undefined ? asked : ((await admission.mutate(asPrinted(scales, asked), old)) as KubeObject)
  const { replicas } = isRecord(wanted['spec']) ? wanted['spec'] : {}
  if (replicas === unsetReplicas)
    throw badRequest(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} cannot be empty`)
  checkScale(definition, exchange, wanted, Number(replicas ?? 0))
  const { resourceVersion = '' } = wanted.metadata
  const scaled = withReplicas(live, pathOf(definition), Number(replicas ?? 0)) as KubeObject
  const object = resourceVersion === '' ? scaled : { ...scaled, metadata: { ...scaled.metadata, resourceVersion } }
  const own = ownersOf(context.tracksOwnership ? withOwners(live, ownersOfScaled(definition, live, wanted)) : live)
  const options = { dryRun: isDryRun(exchange), own, admission: validating(admission, paths) }
  const after = await updateObject(context.store, definition, before, object, 'scale', options)
  return shown(scaleOf((await viewIn(definition, new Stored(after, 0))).value, paths), [
    ...warnings,
    ...(admission?.warnings ?? []),
  ])
}

/** A patch that names another object is refused by the scale itself. Source: pkg/registry/apps/deployment/storage, scaleUpdatedObjectInfo. */
function requireUid(
  { group, resource }: ResourceDefinition,
  live: KubeObject,
  { metadata: { uid } }: KubeObject,
): void {
  if ((uid ?? '') === '' || uid === live.metadata.uid) return
  throw conflict(
    { group, resource: `${resource}/scale`, name: live.metadata.name },
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`,
  )
}

/** Webhooks see scales; those that change them have seen this one. */
const validating = (admission: Admission | undefined, paths: Paths): Admission | undefined =>
  admission === undefined
    ? undefined
    : {
        ...admission,
        mutate: (object) => Promise.resolve(object),
        validate: (object, old) => {
          const scale = (whole: KubeObject | undefined): KubeObject | undefined => whole && scaleOf(whole, paths)
          return admission.validate(scale(object), scale(old))
        },
      }

const pathOf = ({ scale: paths }: ResourceDefinition): string[] => (paths as Paths).specReplicasPath.split('.').slice(1)

/** Those of custom resources are checked with the whole of them. Source: k8s.io/kubernetes/pkg/apis/autoscaling/validation, ValidateScale. */
function checkScale(definition: ResourceDefinition, exchange: Exchange, wanted: KubeObject, replicas: number): void {
  if (definition.custom === true) return
  const causes = [
    ...newMetadataCauses(scales, wanted),
    ...(Number.isInteger(replicas) && replicas >= 0
      ? []
      : [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]),
  ]
  if (causes.length > 0) throw invalid({ group: 'autoscaling', kind: 'Scale' }, exchange.request.name, causes)
}

export const scale: Subresource = {
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  forms: 'table',
  handle,
}

/** Where Deployments, ReplicaSets and StatefulSets keep theirs. */
export const workloadScale: Paths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
}
