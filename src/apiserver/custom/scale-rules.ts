/** Replicas of custom resources with a scale. Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go. */
import { isRecord } from '../../kube/object.ts'
import { goPrinted, goType } from '../../kube/go-print.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'

const int32Max = 2 ** 31 - 1

/** The paths are read once, the objects many times. */
export function scaleRules({
  specReplicasPath,
  statusReplicasPath,
}: NonNullable<ResourceDefinition['scale']>): (object: KubeObject) => Required<StatusCause>[] {
  const paths = [specReplicasPath, statusReplicasPath].map((path) => [path, path.split('.').slice(1)] as const)
  return (object) => paths.flatMap(([path, fields]) => replicaCauses(path, fields, object))
}

function replicaCauses(path: string, fields: readonly string[], object: KubeObject): Required<StatusCause>[] {
  let value: unknown = object
  for (const [index, field] of fields.entries()) {
    if (value === null || value === undefined) return []
    if (!isRecord(value))
      return [notAccessed(path, `.${fields.slice(0, index + 1).join('.')}`, value, 'map[string]interface{}')]
    value = value[field]
  }
  if (value === undefined || value === null) return []
  if (typeof value !== 'number' || !Number.isInteger(value)) return [notAccessed(path, path, value, 'int64')]
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')]
  return value > int32Max ? [invalidValue(path, value, `should be less than or equal to ${int32Max}`)] : []
}

function notAccessed(field: string, at: string, value: unknown, wanted: string): Required<StatusCause> {
  return invalidValue(
    field,
    0,
    `${at} accessor error: ${goPrinted(value)} is of the type ${goType(value)}, expected ${wanted}`,
  )
}
