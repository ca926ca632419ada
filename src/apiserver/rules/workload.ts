/**
 * What Deployments, ReplicaSets, StatefulSets and DaemonSets have in common: a selector that their template has to
 * match and that never changes. Source: k8s.io/kubernetes/pkg/apis/apps/validation.
 */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
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
  const { restartPolicy } = isRecord(template['spec']) ? template['spec'] : {}
  if (restartPolicy === 'OnFailure' || restartPolicy === 'Never')
    causes.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']))
  const { replicas } = spec
  if (typeof replicas === 'number' && replicas < 0)
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  const old = isRecord(before?.spec) ? before.spec['selector'] : undefined
  if (old !== undefined && !deepEqual(old, spec['selector']))
    causes.push(invalidValue('spec.selector', spec['selector'], 'field is immutable'))
  return causes
}

/** Numbers and percentages of rolling updates. Source: pkg/apis/apps/validation, ValidatePositiveIntOrPercent. */
export function intOrPercentCauses(field: string, value: unknown): Required<StatusCause>[] {
  if (typeof value === 'number')
    return value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []
  return typeof value === 'string' && !/^[0-9]+%$/.test(value)
    ? [
        invalidValue(
          field,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ]
    : []
}

type Workload = KubeObject & {
  spec?: {
    selector?: { matchLabels?: Record<string, string> } | null
    template?: PodTemplate
    jobTemplate?: { spec?: { template?: PodTemplate } }
  }
}

interface PodTemplate {
  spec?: { containers?: { name?: string; image?: string }[]; nodeSelector?: Record<string, string> }
}

/** `a=b,c=d` in the order of the keys, as label selectors are printed. */
export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',') || '<none>'

const containersOf = ({ spec }: Workload): { name?: string; image?: string }[] =>
  (spec?.template ?? spec?.jobTemplate?.spec?.template)?.spec?.containers ?? []

const joined = (field: 'name' | 'image') => (workload: Workload) =>
  containersOf(workload)
    .map((container) => container[field])
    .join(',')

/** The wide columns of everything that makes containers. */
export const containerColumns: readonly Column[] = [
  computed('Containers', 'string', joined('name'), 1),
  computed('Images', 'string', joined('image'), 1),
]

export const selectorColumn: Column = computed(
  'Selector',
  'string',
  ({ spec }: Workload) => labelsText(spec?.selector?.matchLabels),
  1,
)

/** The wide columns of everything with a pod template and a selector. */
export const templateColumns: readonly Column[] = [...containerColumns, selectorColumn]
