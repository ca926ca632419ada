/** What is odd in what makes pods, and allowed. Source: k8s.io/kubernetes/pkg/registry/{apps,batch,core}. */
import { isRecord } from '../../kube/object.ts'
import { labelProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { podWarnings } from './pod-warnings.ts'

/** A name with dots in it is no host's. */
export function nameWarnings(
  { metadata: { name } }: KubeObject,
  before?: KubeObject,
  of = 'Pod names and hostnames',
): string[] {
  const problems = before === undefined ? labelProblems(name) : []
  const recommended = 'which can result in surprising behavior; a DNS label is recommended'
  return problems.length === 0 ? [] : [`metadata.name: this is used in ${of}, ${recommended}: [${problems.join(' ')}]`]
}

/** Of what makes pods that are called by it. */
export const workloadWarnings = (workload: KubeObject, before?: KubeObject): string[] => [
  ...nameWarnings(workload, before),
  ...templateWarnings(workload, before),
]

/** Of pods that are made of a template; `above`: where the spec with the template is. */
export function templateWarnings(
  { spec, metadata }: KubeObject,
  before?: KubeObject,
  above: readonly string[] = [],
): string[] {
  if (before !== undefined && before.metadata.generation === metadata.generation) return []
  const path = [...above, 'template']
  const template = path.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), spec)
  return podWarnings(template, `${['spec', ...path].join('.')}.`)
}

const many = { completions: 100_000, parallelism: 10_000 }

/** Of a job, or of what makes jobs. Source: pkg/api/job/warnings.go. */
export function jobWarnings(job: KubeObject, before?: KubeObject, above: readonly string[] = []): string[] {
  if (before !== undefined && before.metadata.generation === job.metadata.generation) return []
  const spec = above.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), job.spec)
  const { completionMode, completions, parallelism } = isRecord(spec) ? spec : {}
  const isMany = Number(completions ?? 0) > many.completions && Number(parallelism ?? 0) > many.parallelism
  const text =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'
  return [
    ...(completionMode === 'Indexed' && isMany ? [`${['spec', ...above].join('.')}: ${text}`] : []),
    ...templateWarnings(job, before, above),
  ]
}
