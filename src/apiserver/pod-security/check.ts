/** What checks of pods have in common. Source: k8s.io/pod-security-admission/policy/{checks,helpers,visitor}.go. */
import { isRecord, records } from '../../kube/object.ts'

type Json = Readonly<Record<string, unknown>>

/** A pod, or what a template says of those to come. */
export interface PodLike {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Json
}

/** Why a pod may not be, in a word, and who or what in it is to blame. */
export interface Refusal {
  readonly reason: string
  readonly detail: string
}

/** Looks at one thing. Undefined where nothing is wrong with it. */
export type Check = (pod: PodLike) => Refusal | undefined

export const part = (value: Json, name: string): Json => {
  const { [name]: inner } = value
  return isRecord(inner) ? inner : {}
}

export function podLike(value: unknown): PodLike {
  const { metadata, spec } = isRecord(value) ? value : ({} as Json)
  const annotations = isRecord(metadata) ? metadata['annotations'] : undefined
  return {
    annotations: isRecord(annotations) ? (annotations as Readonly<Record<string, string>>) : {},
    spec: isRecord(spec) ? spec : {},
  }
}

/** '' where it isn't set. */
export function textIn(value: Json, name: string): string {
  const { [name]: text } = value
  return typeof text === 'string' ? text : ''
}

export const contextOf = (owner: Json): Json => part(owner, 'securityContext')

/** In the order in which they are named. */
export const containersOf = ({ spec }: PodLike): readonly Json[] =>
  ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => records(spec[list]))

export const namesOf = (containers: readonly Json[]): string[] =>
  containers.map((container) => textIn(container, 'name'))

export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ')

export const counted = (one: string, many: string, { length }: readonly unknown[]): string =>
  length === 1 ? one : many

/** `containers "a", "b"` */
export const listed = (containers: readonly Json[]): string =>
  `${counted('container', 'containers', containers)} ${quoted(namesOf(containers))}`

/** Each once, in order. */
export const set = (items: readonly string[]): string[] => [...new Set(items)].sort()

/** Refuses whatever there is: `pod and container "a"`. */
export const setters = (ofPod: boolean, containers: readonly Json[]): string =>
  [...(ofPod ? ['pod'] : []), ...(containers.length > 0 ? [listed(containers)] : [])].join(' and ')

/** Users of a pod's own: root there is nobody on the host. */
export const hasOwnUsers = ({ spec }: PodLike): boolean => spec['hostUsers'] === false

/** Windows has none of it. */
export const unlessWindows =
  (check: Check): Check =>
  (pod) =>
    part(pod.spec, 'os')['name'] === 'windows' ? undefined : check(pod)

export const unlessOwnUsers =
  (check: Check): Check =>
  (pod) =>
    hasOwnUsers(pod) ? undefined : check(pod)
