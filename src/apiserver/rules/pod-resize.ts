/** What containers of a pod get, changed in place. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodResize. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { mirrorAnnotation } from './pod-annotations.ts'
import { qosClass } from './qos.ts'

type Amounts = Readonly<Record<string, string>>

interface Container {
  readonly name?: string
  readonly restartPolicy?: string
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts }
  readonly resizePolicy?: readonly { readonly restartPolicy?: string }[]
}

type List = 'containers' | 'initContainers'
type Spec = Readonly<Partial<Record<List, readonly Container[] | null>>>

const specOf = (pod: KubeObject): Spec => pod.spec ?? {}

/** Through its endpoint nothing else of the pod changes; what renames containers is left for validation to refuse. */
export function withResources(wanted: KubeObject, before: KubeObject): KubeObject {
  const [now, was] = [specOf(wanted), specOf(before)]
  const resized = (list: List): object => {
    const [news, olds] = [now[list] ?? [], was[list] ?? []]
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
  const pairs = (list: List): [Container, Container][] =>
    (specOf(before)[list] ?? []).map((old, index) => [specOf(pod)[list]?.[index] ?? {}, old])
  const order = [...orderCauses(pod, before, 'containers'), ...orderCauses(pod, before, 'initContainers')]
  const changes = [
    ...pairs('initContainers').flatMap(([now, old], index) => removalCauses(now, old, `spec.initContainers[${index}]`)),
    ...pairs('containers').flatMap(([now, old], index) => removalCauses(now, old, `spec.containers[${index}]`)),
    ...pairs('containers').flatMap(([now, old]) =>
      differsOtherwise(now, old) ? [forbiddenValue('spec', 'only cpu and memory resources are mutable')] : [],
    ),
    ...pairs('initContainers').flatMap(([now, old], index) => initCauses(now, old, `spec.initContainers[${index}]`)),
  ]
  return [
    ...(qosClass(pod.spec) === (was ?? qosClass(before.spec))
      ? []
      : [invalidValue('spec', was, 'Pod QOS Class may not change as a result of resizing')]),
    ...(reportsResources(before) ? [] : [forbiddenValue('spec', 'Pod running on node without support for resize')]),
    // The rest takes for granted that they stand in the same order.
    ...(order.length > 0 ? order : changes),
  ]
}

function orderCauses(pod: KubeObject, before: KubeObject, list: List): Required<StatusCause>[] {
  const [news, olds] = [specOf(pod)[list] ?? [], specOf(before)[list] ?? []]
  if (news.length !== olds.length)
    return [forbiddenValue(`spec.${list}`, `${list} may not be added or removed on resize`)]
  return news.flatMap(({ name }, index) =>
    name === olds[index]?.name
      ? []
      : [forbiddenValue(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
  )
}

function removalCauses(
  { resources: now }: Container,
  { resources: old }: Container,
  at: string,
): Required<StatusCause>[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    Object.keys(old?.[list] ?? {}).every((name) => now?.[list]?.[name] !== undefined)
      ? []
      : [forbiddenValue(`${at}.resources.${list}`, `resource ${list} cannot be removed`)],
  )
}

/** Whether anything but its processors and its memory changes. */
function differsOtherwise(now: Container, old: Container): boolean {
  const otherAmounts = (list: 'requests' | 'limits'): object => {
    const { cpu: _, memory: __, ...others } = now.resources?.[list] ?? {}
    const { cpu, memory } = old.resources?.[list] ?? {}
    const amounts = { ...others, ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) }
    return Object.keys(amounts).length === 0 ? {} : { [list]: amounts }
  }
  const resources = { ...otherAmounts('limits'), ...otherAmounts('requests') }
  return !deepEqual({ ...now, resources }, { ...old, resources: old.resources ?? {} })
}

function initCauses(now: Container, old: Container, at: string): Required<StatusCause>[] {
  const restarts = now.restartPolicy !== 'Always' && !deepEqual(now, old) ? (now.resizePolicy ?? []) : []
  return [
    ...(differsOtherwise(now, old)
      ? [forbiddenValue(at, 'only cpu and memory resources for init or sidecar containers are mutable')]
      : []),
    ...restarts
      .filter(({ restartPolicy }) => restartPolicy === 'RestartContainer')
      .map(() =>
        forbiddenValue(at, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'),
      ),
  ]
}

/** A kubelet that can resize says what its running containers have. */
function reportsResources({ status }: KubeObject): boolean {
  const { containerStatuses = [] } = (status ?? {}) as { containerStatuses?: Record<string, unknown>[] }
  const running = containerStatuses.find(({ state }) => isRecord(state) && state['running'] !== undefined)
  return running === undefined || running['resources'] !== undefined
}
