/**
 * Who manages a number of replicas, as the scale shows it and as the object itself keeps it. Source:
 * k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go.
 */
import { apiVersionOf } from '../../kube/object.ts'
import { decodeFields, type FieldSet } from '../apply/field-set.ts'
import { decodeManagers, encodeManagers, managerKey, type Managed, type Managers } from '../apply/managers.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'

type Entries = KubeObject['metadata']['managedFields']

const scaleVersion = 'autoscaling/v1'
const inScale = decodeFields({ 'f:spec': { 'f:replicas': {} } })

/** Where a version has its replicas; null in one without a scale, undefined where there is no such version. */
function replicasIn(definition: ResourceDefinition, apiVersion: string): FieldSet | null | undefined {
  const known = apiVersionOf(definition) === apiVersion ? definition : definition.sibling?.(apiVersion)
  if (known === undefined) return undefined
  const path = known.scale?.specReplicasPath.split('.').slice(1)
  return path === undefined
    ? null
    : decodeFields(path.reduceRight<object>((below, name) => ({ [`f:${name}`]: below }), {}))
}

const managersOf = (object: KubeObject): Managers =>
  decodeManagers(object.metadata.managedFields) ?? new Map<string, Managed>()

const encoded = (managers: readonly Managed[]): Entries =>
  encodeManagers(new Map(managers.map((managed, index) => [String(index), managed])))

/** The managedFields of an object's scale: of those who manage its replicas. */
export function ownersOfScale(definition: ResourceDefinition, object: KubeObject): Entries {
  return encoded(
    [...managersOf(object).values()].flatMap((managed) => {
      const path = replicasIn(definition, managed.apiVersion)
      const has = path !== undefined && path !== null && managed.fields.contains(path)
      return has ? [{ ...managed, apiVersion: scaleVersion, fields: inScale }] : []
    }),
  )
}

/**
 * The managedFields of an object after a write of its scale, of which `scale` has the managers now. Updates are told
 * apart by their version, so none of them is known again: it loses the replicas to a new entry without a time.
 */
export function ownersOfScaled(definition: ResourceDefinition, object: KubeObject, scale: KubeObject): Entries {
  const inNew = new Map([...managersOf(scale)].filter(([, { fields }]) => fields.contains(inScale)))
  const kept = [...managersOf(object)].flatMap(([key, managed]) => {
    const path = replicasIn(definition, managed.apiVersion)
    if (path === undefined) return []
    if (path === null || !managed.fields.contains(path) || inNew.delete(key)) return [managed]
    const fields = managed.fields.difference(path)
    return fields.isEmpty ? [] : [{ ...managed, fields }]
  })
  const own = replicasIn(definition, apiVersionOf(definition))
  const taken = [...inNew.values()].map((managed) => {
    const identity = { ...managed, apiVersion: apiVersionOf(definition), fields: own as FieldSet }
    return { ...identity, time: managersOf(object).get(managerKey(managed))?.time }
  })
  return encoded([...kept, ...taken])
}
