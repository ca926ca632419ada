/**
 * What Deployments, ReplicaSets, StatefulSets and DaemonSets have in common: a selector that their template has to
 * match and that never changes. Source: k8s.io/kubernetes/pkg/apis/apps/validation.
 */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { computed, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'
import { podSpecCauses, withTemplateDefaults } from './pod-spec.ts'

/** Fills in the template's defaults and those of the kind itself; what the object says wins. */
export const workloadDefaults =
  (own: () => object) =>
  (object: KubeObject): KubeObject => {
    const spec = isRecord(object.spec) ? object.spec : {}
    // `strategy: {}`, as Go prints an unset one, is no choice.
    const said = Object.fromEntries(
      Object.entries(spec).filter(([, value]) => !isRecord(value) || Object.keys(value).length > 0),
    )
    return { ...object, spec: { ...own(), ...said, template: withTemplateDefaults(spec['template']) } }
  }

export function workloadCauses(object: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const spec = isRecord(object.spec) ? object.spec : {}
  const template = isRecord(spec['template']) ? spec['template'] : {}
  const selector = isRecord(spec['selector']) ? (spec['selector'] as LabelSelector) : undefined
  const metadata = isRecord(template['metadata']) ? template['metadata'] : {}
  const labels = (isRecord(metadata['labels']) ? metadata['labels'] : {}) as Record<string, string>
  const causes: Required<StatusCause>[] = []
  if (selector === undefined) causes.push(required('spec.selector'))
  else if (!labelSelectorMatcher(selector)(labels))
    causes.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  causes.push(...podSpecCauses(template['spec'], 'spec.template.spec'))
  const old = isRecord(before?.spec) ? before.spec['selector'] : undefined
  if (old !== undefined && !deepEqual(old, spec['selector']))
    causes.push(invalidValue('spec.selector', spec['selector'], 'field is immutable'))
  return causes
}

type Workload = KubeObject & {
  spec?: {
    selector?: { matchLabels?: Record<string, string> }
    template?: { spec?: { containers?: { name?: string; image?: string }[] } }
  }
}

const containersOf = (workload: Workload): { name?: string; image?: string }[] =>
  workload.spec?.template?.spec?.containers ?? []

/** The wide columns of everything with a pod template. */
export const templateColumns: readonly Column[] = [
  computed(
    'Containers',
    'string',
    (workload: Workload) =>
      containersOf(workload)
        .map(({ name }) => name)
        .join(','),
    1,
  ),
  computed(
    'Images',
    'string',
    (workload: Workload) =>
      containersOf(workload)
        .map(({ image }) => image)
        .join(','),
    1,
  ),
  computed(
    'Selector',
    'string',
    (workload: Workload) =>
      Object.entries(workload.spec?.selector?.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(',') || '<none>',
    1,
  ),
]
