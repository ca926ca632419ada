/** Conditions of flow schemas and priority levels. Source: k8s.io/kubernetes/pkg/apis/flowcontrol/validation. */
import { duplicate, required, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

export function flowConditionCauses({ status }: KubeObject): Required<StatusCause>[] {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type?: string }[] }
  const types = conditions.map(({ type = '' }) => type)
  return types.flatMap((type, index) => {
    const field = `status.conditions[${index}].type`
    return [...(types.indexOf(type) < index ? [duplicate(field, type)] : []), ...(type === '' ? [required(field)] : [])]
  })
}
