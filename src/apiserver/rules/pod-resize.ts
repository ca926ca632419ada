/** What containers of a pod get, changed in place. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodResize. */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { mirrorAnnotation } from './pod-annotations.ts'
import { qosClass } from './qos.ts'

interface Container {
  readonly name?: string
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> }
  readonly resizePolicy?: unknown
}

type Spec = Readonly<Record<'containers' | 'initContainers', readonly Container[] | undefined>>

/** Through its endpoint nothing else of the pod changes; what renames containers is left for validation to refuse. */
export function withResources(wanted: KubeObject, before: KubeObject): KubeObject {
  const [now, was] = [wanted.spec as Spec, before.spec as Spec]
  const resized = (list: 'containers' | 'initContainers'): object => {
    const [news = [], olds = []] = [now[list], was[list]]
    if (olds.length === 0 && news.length === 0) return {}
    const same = news.length === olds.length && news.every(({ name }, index) => name === olds[index]?.name)
    return { [list]: same ? olds.map((old, index) => withNew(old, news[index] as Container)) : news }
  }
  return { ...before, spec: { ...was, ...resized('initContainers'), ...resized('containers') } }
}

function withNew(old: Container, { resources, resizePolicy }: Container): Container {
  const { resources: _, resizePolicy: __, ...rest } = old
  return {
    ...rest,
    ...(resources === undefined ? {} : { resources }),
    ...(resizePolicy === undefined ? {} : { resizePolicy }),
  }
}

export function resizeCauses(pod: KubeObject, before: KubeObject): Required<StatusCause>[] {
  if (before.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenValue('', 'static pods cannot be resized')]
  const { qosClass: was } = before.status as { qosClass?: string }
  return [
    ...(qosClass(pod.spec) === (was ?? qosClass(before.spec))
      ? []
      : [invalidValue('spec', was, 'Pod QOS Class may not change as a result of resizing')]),
    ...(reportsResources(before) ? [] : [forbiddenValue('spec', 'Pod running on node without support for resize')]),
  ]
}

/** A kubelet that can resize says what its running containers have. */
function reportsResources({ status }: KubeObject): boolean {
  const { containerStatuses = [] } = (status ?? {}) as { containerStatuses?: Record<string, unknown>[] }
  const running = containerStatuses.find(({ state }) => isRecord(state) && state['running'] !== undefined)
  return running === undefined || running['resources'] !== undefined
}
