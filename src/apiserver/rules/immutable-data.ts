/** ConfigMaps and Secrets that say `immutable: true` keep their data, and stay so. Source: pkg/apis/core/validation. */
import { deepEqual } from '../../kube/object.ts'
import type { StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

export function immutableData(object: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  if (before?.['immutable'] !== true) return []
  const forbidden = (field: string): Required<StatusCause> => ({
    reason: 'FieldValueForbidden',
    field,
    message: 'Forbidden: field is immutable when `immutable` is set',
  })
  return [
    ...(object['immutable'] === true ? [] : [forbidden('immutable')]),
    ...['data', 'binaryData'].filter((name) => !deepEqual(object[name], before[name])).map(forbidden),
  ]
}
