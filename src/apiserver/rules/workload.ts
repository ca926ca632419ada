/**
 * What Deployments, ReplicaSets, StatefulSets and DaemonSets have in common: a selector that their template has to
 * match and that never changes. Source: k8s.io/kubernetes/pkg/apis/apps/validation.
 */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { labelSelectorMatcher, labelSelectorText, type LabelSelector } from '../../kube/selector.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { computed, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'
import { labelCauses, labelSelectorCauses } from './label-selector.ts'
import { annotationCauses } from './metadata.ts'
import { nonNegatives } from './numbers.ts'
import { podAnnotationCauses } from './pod-annotations.ts'
import { podSpecCauses, withTemplateDefaults } from './pod-spec.ts'
import { contraryProfileCauses } from './security-annotations.ts'

/** Fills in the template's defaults and those of the kind itself; what the object says wins. */
export const workloadDefaults =
  (own: () => object) =>
  (object: KubeObject): KubeObject => {
    const spec = isRecord(object.spec) ? object.spec : {}
    const said = Object.fromEntries(
      Object.entries(spec).filter(([name, value]) => !strategyNames.includes(name) || !isEmpty(value)),
    )
    return { ...object, spec: { ...own(), ...said, template: withTemplateDefaults(spec['template']) } }
  }

/** `strategy: {}`, as Go prints an unset one, is no choice. */
const strategyNames = ['strategy', 'updateStrategy']
const isEmpty = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0

/** How a kind words what it has in common with the others. */
interface Words {
  /** Whose empty selector is refused. */
  readonly emptySelector: string
  /** False where the kind takes one that is not there for one that selects nothing. */
  readonly selectorRequired: boolean
  /** How often the template's metadata is looked at; once where absent. */
  readonly metadataLooks?: number
  /** What a selector that is none is called besides. */
  readonly invalidSelector?: string
  /** Whose pods may not end by themselves. */
  readonly kind: string
}

/** Deployments make replica sets, whose rules speak of deployments. */
export const replicaSetWords: Words = { emptySelector: 'deployment', selectorRequired: true, kind: 'ReplicaSet' }

/** The selector, the template, and that one fits the other. */
export function selectorAndTemplateCauses(object: KubeObject, words: Words): Required<StatusCause>[] {
  const spec = isRecord(object.spec) ? object.spec : {}
  const template = isRecord(spec['template']) ? spec['template'] : {}
  const selector = isRecord(spec['selector']) ? (spec['selector'] as LabelSelector) : undefined
  const wrong = labelSelectorCauses('spec.selector', selector)
  const causes = selector === undefined && words.selectorRequired ? [required('spec.selector')] : [...wrong]
  const empty =
    selector !== undefined &&
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  if (empty) causes.push(invalidValue('spec.selector', {}, `empty selector is invalid for ${words.emptySelector}`))
  if (wrong.length > 0 && words.selectorRequired)
    return [...causes, invalidValue('spec.selector', selector, words.invalidSelector ?? 'invalid label selector')]
  const { labels } = (isRecord(template['metadata']) ? template['metadata'] : {}) as Partial<KubeObject['metadata']>
  if (wrong.length === 0 && !empty && !(selector !== undefined && labelSelectorMatcher(selector)(labels ?? {})))
    causes.push(
      invalidValue(
        'spec.template.metadata.labels',
        sentLabels(template),
        '`selector` does not match template `labels`',
      ),
    )
  return [...causes, ...podTemplateCauses(template, words.kind, words.metadataLooks)]
}

/** The template's labels, as they were sent. */
export const sentLabels = (template: object | undefined): unknown =>
  sentAs((template as { metadata?: object } | undefined)?.metadata, 'labels') ?? null

/** What a template at a path is refused for, of whatever kind it is part. */
export function templateCauses(
  { metadata, spec }: Record<string, unknown>,
  at: string,
  metadataLooks = 1,
): Required<StatusCause>[] {
  const { labels, annotations } = (isRecord(metadata) ? metadata : {}) as Partial<KubeObject['metadata']>
  const podSpec = isRecord(spec) ? spec : {}
  const { ephemeralContainers: ephemeral } = podSpec
  const named = [
    ...labelCauses(`${at}.labels`, labels),
    ...annotationCauses(annotations ?? {}, `${at}.annotations`),
    ...podAnnotationCauses(annotations, podSpec, `${at}.annotations`),
  ]
  return [
    ...Array.from({ length: metadataLooks }, () => named).flat(),
    ...podSpecCauses(spec, `${at}.spec`),
    ...contraryProfileCauses(annotations ?? {}, podSpec, `${at}.spec`),
    ...(Array.isArray(ephemeral) && ephemeral.length > 0
      ? [forbiddenValue(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

/** What a template is refused for; its metadata is looked at more than once by some kinds. */
export function podTemplateCauses(
  template: Record<string, unknown>,
  kind: string,
  metadataLooks = 1,
): Required<StatusCause>[] {
  const causes = templateCauses(template, 'spec.template', metadataLooks)
  const { restartPolicy, activeDeadlineSeconds } = isRecord(template['spec']) ? template['spec'] : {}
  if (restartPolicy !== undefined && restartPolicy !== 'Always')
    causes.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']))
  if (activeDeadlineSeconds !== undefined)
    causes.push(
      forbiddenValue('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  return causes
}

export function immutableSelector({ spec }: KubeObject, before: KubeObject | undefined): Required<StatusCause>[] {
  const old = isRecord(before?.spec) ? before.spec['selector'] : undefined
  const selector = isRecord(spec) ? spec['selector'] : undefined
  return old === undefined || deepEqual(old, selector)
    ? []
    : [invalidValue('spec.selector', selector, 'field is immutable')]
}

/** Counts of pods: none is negative, none of `parts` exceeds the replicas, those available were ready first. */
export function replicaStatusCauses(
  status: unknown,
  counts: readonly string[],
  parts: readonly string[],
  ready = 'readyReplicas',
): Required<StatusCause>[] {
  if (!isRecord(status)) return []
  const count = (name: string): number => Number(status[name] ?? 0)
  const causes = nonNegatives('status', status, counts)
  for (const name of parts)
    if (count(name) > count('replicas'))
      causes.push(invalidValue(`status.${name}`, count(name), 'cannot be greater than status.replicas'))
  if (count('availableReplicas') > count('readyReplicas'))
    causes.push(invalidValue('status.availableReplicas', count('availableReplicas'), `cannot be greater than ${ready}`))
  return causes
}

type Workload = KubeObject & {
  spec?: {
    selector?: LabelSelector | null
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
  { ...computed('Containers', 'string', joined('name'), 1), description: 'Names of each container in the template.' },
  {
    ...computed('Images', 'string', joined('image'), 1),
    description: 'Images referenced by each container in the template.',
  },
]

export const selectorColumn: Column = computed(
  'Selector',
  'string',
  ({ spec }: Workload) => labelSelectorText(spec?.selector ?? {}) || '<none>',
  1,
)

/** The wide columns of everything with a pod template and a selector. */
export const templateColumns: readonly Column[] = [...containerColumns, selectorColumn]
