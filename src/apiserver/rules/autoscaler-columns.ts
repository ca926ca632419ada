/** How autoscalers are listed. Source: k8s.io/kubernetes/pkg/printers/internalversion, formatHPAMetrics. */
import { ageColumn, computed, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'
import type { Autoscaler } from './autoscaler.ts'
import { metricSources, type Metric, type MetricTarget } from './autoscaler-metric.ts'

const shown = 2
const unknown = '<unknown>'

function metricsText({ spec, status }: Autoscaler): string {
  const metrics = spec?.metrics ?? []
  if (metrics.length === 0) return '<none>'
  const texts = metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index]))
  const more = texts.length > shown ? ` + ${texts.length - shown} more...` : ''
  return `${texts.slice(0, shown).join(', ')}${more}`
}

function metricText(metric: Metric, status: unknown): string {
  const source = metricSources[metric.type as keyof typeof metricSources]
  const wanted = metric[source] as { readonly name?: string; readonly target: MetricTarget } | undefined
  if (wanted === undefined) return '<unknown type>'
  const { current } = ((status ?? {}) as Record<string, { current?: Omit<MetricTarget, 'type'> }>)[source] ?? {}
  const { value = '<nil>', averageValue, averageUtilization } = wanted.target
  if (source === 'resource' || source === 'containerResource') {
    if (averageValue !== undefined)
      return `${wanted.name}: ${current === undefined ? unknown : (current.averageValue ?? '<nil>')}/${averageValue}`
    return `${wanted.name}: ${percent(current?.averageUtilization) ?? unknown}/${percent(averageUtilization) ?? '<auto>'}`
  }
  if (source === 'pods')
    return `${current === undefined ? unknown : (current.averageValue ?? '<nil>')}/${averageValue ?? '<nil>'}`
  if (averageValue !== undefined) return `${current?.averageValue ?? unknown}/${averageValue} (avg)`
  return `${current === undefined ? unknown : (current.value ?? '<nil>')}/${value}`
}

const percent = (amount: number | undefined): string | undefined => (amount === undefined ? undefined : `${amount}%`)

/** `read` shows an object as autoscaling/v2 has it. */
export const autoscalerColumns = (read: (object: KubeObject) => Autoscaler): readonly Column[] => {
  const cell = (name: string, type: Column['type'], text: (autoscaler: Autoscaler) => unknown): Column =>
    computed(name, type, (object: KubeObject) => text(read(object)))
  return [
    cell('Reference', 'string', ({ spec }) => `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`),
    cell('Targets', 'string', metricsText),
    cell('MinPods', 'string', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    cell('MaxPods', 'string', ({ spec }) => spec?.maxReplicas ?? 0),
    cell('Replicas', 'string', ({ status }) => status?.['currentReplicas'] ?? 0),
    ageColumn,
  ]
}

export const autoscalerFields = {
  Reference:
    'scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.',
  Targets: 'autoscaling-v2.HorizontalPodAutoscalerSpec.metrics',
  MinPods: 'autoscaling-v2.HorizontalPodAutoscalerSpec.minReplicas',
  MaxPods: 'autoscaling-v2.HorizontalPodAutoscalerSpec.maxReplicas',
  Replicas: 'autoscaling-v2.HorizontalPodAutoscalerStatus.currentReplicas',
}
