/**
 * The LimitRanger admission plugin: what limit ranges give to new pods, and what they refuse.
 * Source: k8s.io/kubernetes/plugin/pkg/admission/limitranger.
 */
import { aggregated, forbidden } from '../../kube/status.ts'
import type { Objects } from '../definition.ts'
import { limitRanges } from '../resources/limitranges.ts'
import type { KubeObject } from '../types.ts'
import type { Amounts } from './amounts.ts'
import { claimProblems, limitProblems } from './limit-problems.ts'
import type { Limit } from './limit-range.ts'
import { allContainers, podAmounts, type AmountsContainer, type AmountsSpec, type Requirements } from './pod-amounts.ts'

/** What each limit range of the namespace says. */
const limitsFor = ({ metadata: { namespace } }: KubeObject, objects: Objects): readonly (readonly Limit[])[] =>
  objects
    .all(limitRanges)
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ spec }) => (spec as { limits?: Limit[] } | undefined)?.limits ?? [])

const annotation = 'kubernetes.io/limit-ranger'

/** The pod, its containers with what the ranges of its namespace say of those that say nothing. */
export const withUsualResources = (pod: KubeObject, objects: Objects): KubeObject =>
  limitsFor(pod, objects).reduce(withUsual, pod)

function withUsual(pod: KubeObject, limits: readonly Limit[]): KubeObject {
  const usual = (field: 'default' | 'defaultRequest'): Amounts =>
    Object.assign({}, ...limits.map((limit) => (limit.type === 'Container' ? limit[field] : undefined))) as Amounts
  const told: string[] = []
  const filled = (container: AmountsContainer, what: string): AmountsContainer =>
    withResources(container, { requests: usual('defaultRequest'), limits: usual('default') }, (text) =>
      told.push(`${text} for ${what} ${container.name ?? ''}`),
    )
  const spec = pod.spec as AmountsSpec
  const containers = spec.containers?.map((each) => filled(each, 'container'))
  const initContainers = spec.initContainers?.map((each) => filled(each, 'init container'))
  const next = {
    ...spec,
    ...(containers === undefined ? {} : { containers }),
    ...(initContainers === undefined ? {} : { initContainers }),
  }
  if (told.length === 0) return pod
  const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` }
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: next }
}

function withResources(
  container: AmountsContainer,
  usual: Required<Requirements>,
  tell: (text: string) => void,
): AmountsContainer {
  const resources: { -readonly [field in keyof Requirements]: Amounts } = { ...container.resources }
  for (const field of ['requests', 'limits'] as const) {
    const given = resources[field] ?? {}
    const missing = Object.keys(usual[field]).filter((name) => given[name] === undefined)
    if (missing.length === 0) continue
    tell(`${missing.sort().join(', ')} ${field.slice(0, -1)}`)
    resources[field] = { ...usual[field], ...given }
  }
  return { ...container, resources }
}

/** Throws 403 where a pod asks for more, or less, than a range of its namespace allows. */
export function requirePodWithinLimits(pod: KubeObject, objects: Objects): void {
  const spec = pod.spec as AmountsSpec
  const whole = (): Requirements => ({ requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') })
  requireNone(pod, 'pods', objects, (limit) => {
    if (limit.type === 'Container')
      return allContainers(spec).flatMap(({ resources }) => limitProblems(limit, resources ?? {}))
    return limit.type === 'Pod' ? limitProblems(limit, whole()) : []
  })
}

/** Throws 403 where a claim asks for more, or less, than a range of its namespace allows. */
export function requireClaimWithinLimits(claim: KubeObject, objects: Objects): void {
  const { requests = {} } = (claim.spec as { resources?: Requirements }).resources ?? {}
  requireNone(claim, 'persistentvolumeclaims', objects, (limit) =>
    limit.type === 'PersistentVolumeClaim' ? claimProblems(limit, requests) : [],
  )
}

function requireNone(
  object: KubeObject,
  resource: string,
  objects: Objects,
  problems: (limit: Limit) => readonly string[],
): void {
  const { name } = object.metadata
  for (const limits of limitsFor(object, objects)) {
    const found = new Set(limits.flatMap(problems))
    if (found.size > 0)
      throw forbidden({ group: '', resource, name }, `${resource} "${name}" is forbidden: ${aggregated([...found])}`)
  }
}
