/**
 * Pods of a job stay as they are, but for where they go and what they ask for while it is suspended.
 * Source: k8s.io/kubernetes/pkg/apis/batch/validation, validatePodTemplateUpdate; pkg/registry/batch/job/strategy.go.
 */
import { deepEqual, defined, isConditionTrue, type Condition } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { goShape } from './go-diff.ts'

type Json = Readonly<Record<string, unknown>>

interface Template {
  readonly metadata?: Json | null
  readonly spec?: PodSpec
}

interface PodSpec {
  readonly affinity?: Json
  readonly containers?: readonly Json[] | null
  readonly initContainers?: readonly Json[]
}

interface Job {
  readonly spec?: { readonly suspend?: boolean; readonly template?: Template }
  readonly status?: { readonly conditions?: readonly Condition[]; readonly active?: number }
}

/** Whether its pods are gone, and the job knows. */
const isAtRest = ({ spec, status = {} }: Job): boolean =>
  spec?.suspend === true && isConditionTrue(status.conditions, 'Suspended') && (status.active ?? 0) === 0

export function templateChangeCauses(job: KubeObject, before: KubeObject): Required<StatusCause>[] {
  const [template, was] = [(job as Job).spec?.template, (before as Job).spec?.template]
  if (!isAtRest(before as Job)) {
    const shown = { ...template?.metadata, Spec: goShape('core-v1.PodSpec', template?.spec) }
    return deepEqual(template, was) ? [] : [invalidValue('spec.template', shown, 'field is immutable')]
  }
  const [spec, old] = [template?.spec ?? {}, was?.spec ?? {}]
  return deepEqual(spec, withChoices(old, spec))
    ? []
    : [invalidValue('spec.template.spec', goShape('core-v1.PodSpec', spec), 'field is immutable')]
}

const choices = ['nodeSelector', 'tolerations', 'schedulingGates'] as const

/** The old pod with all that may be another of the new one. */
function withChoices(old: PodSpec, spec: PodSpec): PodSpec {
  const { containers, initContainers } = old
  const taken = Object.fromEntries(choices.map((name) => [name, (spec as Json)[name]]))
  const whole = {
    ...old,
    ...taken,
    affinity: withNodeAffinity(old.affinity, spec.affinity),
    containers: withResources(containers, spec.containers),
    initContainers: withResources(initContainers, spec.initContainers),
  }
  return defined(whole)
}

function withNodeAffinity(old: Json | undefined, now: Json | undefined): Json | undefined {
  const { nodeAffinity: _, ...others } = old ?? {}
  if (now === undefined) return Object.keys(others).length === 0 ? undefined : others
  const { nodeAffinity } = now
  return nodeAffinity === undefined ? others : { ...others, nodeAffinity }
}

function withResources<T extends readonly Json[] | null | undefined>(old: T, now: T): T | Json[] {
  if (!old || old.length !== now?.length) return old
  return old.map((container, index) => {
    const { name, resources } = now[index] as Json
    return container['name'] === name ? { ...container, ...(resources === undefined ? {} : { resources }) } : container
  })
}
