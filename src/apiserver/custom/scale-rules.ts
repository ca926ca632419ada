/** Replicas of custom resources with a scale. Source: k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go. */
import { goPrinted } from '../../kube/go-print.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { compilePath } from '../columns.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'

const int32Max = 2 ** 31 - 1

/** The paths are read once, the objects many times. */
export function scaleRules({
  specReplicasPath,
  statusReplicasPath,
}: NonNullable<ResourceDefinition['scale']>): (object: KubeObject) => Required<StatusCause>[] {
  const paths = [specReplicasPath, statusReplicasPath].map((path) => [path, compilePath(path)] as const)
  return (object) => paths.flatMap(([path, read]) => replicaCauses(path, read(object)))
}

function replicaCauses(path: string, value: unknown): Required<StatusCause>[] {
  if (value === undefined) return []
  if (typeof value !== 'number') {
    const text = `${path} accessor error: ${goPrinted(value)} is of the type ${typeof value}, expected int64`
    return [invalidValue(path, 0, text)]
  }
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')]
  return value > int32Max ? [invalidValue(path, value, `should be less than or equal to ${int32Max}`)] : []
}
