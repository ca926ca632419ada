/** ConfigMaps and Secrets that say `immutable: true` keep their data, and stay so. Source: pkg/apis/core/validation. */
import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

export function immutableData(object: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  if (before?.['immutable'] !== true) return []
  const immutable = (field: string): Required<StatusCause> =>
    forbiddenValue(field, 'field is immutable when `immutable` is set')
  return [
    ...(object['immutable'] === true ? [] : [immutable('immutable')]),
    ...['data', 'binaryData'].filter((name) => !deepEqual(object[name], before[name])).map(immutable),
  ]
}
