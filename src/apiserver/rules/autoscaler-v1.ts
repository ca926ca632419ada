/**
 * Autoscalers of autoscaling/v1: what the version has no fields for is kept in annotations, as JSON.
 * Source: k8s.io/kubernetes/pkg/apis/autoscaling/v1/conversion.go.
 */
import { decodeJson } from '../../kube/json.ts'
import { isRecord, records } from '../../kube/object.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOf } from '../../kube/types/tables.ts'
import type { KubeObject } from '../types.ts'
import type { Autoscaler, Behavior, MetricStatus, ScalingRules } from './autoscaler.ts'
import { cpuMetric } from './autoscaler-defaults.ts'
import type { Metric } from './autoscaler-metric.ts'
import { metricOf, metricStatusOf, oldMetric, oldMetricStatus } from './autoscaler-v1-metric.ts'

const prefix = 'autoscaling.alpha.kubernetes.io/'
const annotations = ['metrics', 'behavior', 'current-metrics', 'conditions'] as const
/** What stands for fields that only other versions have. */
export const fieldAnnotations = [...annotations, 'scale-down-tolerance', 'scale-up-tolerance'].map(
  (name) => `${prefix}${name}`,
)

interface OldAutoscaler extends KubeObject {
  readonly spec?: NonNullable<Autoscaler['spec']> & { readonly targetCPUUtilizationPercentage?: number }
  readonly status?: Autoscaler['status'] & { readonly currentCPUUtilizationPercentage?: number }
}

const isCpu = ({ type, resource }: Metric): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined

/** The autoscaler as autoscaling/v2 has it. */
export function fromOld(autoscaler: KubeObject): Autoscaler {
  const { metadata, spec, status, ...head } = autoscaler as OldAutoscaler
  const { targetCPUUtilizationPercentage: target, ...said } = spec ?? ({} as NonNullable<OldAutoscaler['spec']>)
  const { currentCPUUtilizationPercentage: current, currentReplicas = 0, ...counts } = status ?? {}
  const kept = (name: (typeof annotations)[number]): unknown => keptIn(metadata, name)
  const metrics = [
    ...listOf(kept('metrics'), 'MetricSpec').map(metricOf),
    ...(target === undefined ? [] : [cpuMetric(target)]),
  ]
  const behavior = behaviorOf(kept('behavior'))
  const used = { resource: { name: 'cpu', current: { averageUtilization: current } } }
  const statuses =
    kept('current-metrics') === undefined
      ? current === undefined
        ? null
        : [{ type: 'Resource', ...used }]
      : listOf(kept('current-metrics'), 'MetricStatus').map(metricStatusOf)
  const conditions = listOf(kept('conditions'), 'HorizontalPodAutoscalerCondition')
  return {
    ...head,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, {}),
    spec: {
      ...said,
      metrics: metrics.length === 0 ? [cpuMetric()] : metrics,
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      // The older version always says how many there are.
      ...(currentReplicas === 0 ? {} : { currentReplicas }),
      ...counts,
      currentMetrics: statuses,
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  } as unknown as Autoscaler
}

/** The autoscaler as autoscaling/v1 has it. */
export function toOld(autoscaler: KubeObject): KubeObject {
  const { metadata, spec, status, ...head } = autoscaler as Autoscaler
  const { metrics = [], behavior, ...said } = spec ?? ({} as NonNullable<Autoscaler['spec']>)
  const { currentMetrics: measured, conditions, ...counts } = status ?? {}
  const statuses = measured ?? []
  const target = metrics.find(isCpu)?.resource?.target.averageUtilization
  const current = statuses.findLast((each) => usedCpu(each) !== undefined)
  const rest = metrics.filter((metric) => !isCpu(metric))
  const kept = {
    ...(rest.length === 0 ? {} : { metrics: rest.map(oldMetric) }),
    ...(statuses.length === 0 ? {} : { 'current-metrics': statuses.map(oldMetricStatus) }),
    ...(behavior === undefined ? {} : { behavior: goBehavior(behavior) }),
    ...(records(conditions).length === 0 ? {} : { conditions }),
  }
  return {
    ...head,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, kept) as KubeObject['metadata'],
    spec: { ...said, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...counts,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: usedCpu(current) }),
    },
  }
}

function usedCpu({ type, resource }: MetricStatus): number | undefined {
  const { name, current } = (resource ?? {}) as { name?: string; current?: { averageUtilization?: number } }
  return type === 'Resource' && name === 'cpu' ? current?.averageUtilization : undefined
}

/** What cannot be read is not there. */
function keptIn(metadata: KubeObject['metadata'] | undefined, name: string): unknown {
  const text = metadata?.annotations?.[`${prefix}${name}`]
  try {
    return text === undefined ? undefined : decodeJson(text).value
  } catch {
    return undefined
  }
}

function listOf(value: unknown, type: string): Record<string, unknown>[] {
  try {
    return Array.isArray(value)
      ? value.map((item) => normalize(messageOf(`autoscaling-v1.${type}`), item, () => {}))
      : []
  } catch {
    return []
  }
}

function withAnnotations(
  metadata: Partial<KubeObject['metadata']> | undefined,
  kept: Readonly<Record<string, unknown>>,
): Partial<KubeObject['metadata']> {
  const { annotations: all = {}, ...rest } = metadata ?? {}
  const others = Object.entries(all).filter(([name]) => !fieldAnnotations.includes(name))
  const written = Object.entries(kept).map(([name, value]) => [`${prefix}${name}`, JSON.stringify(value)] as const)
  if (others.length + written.length === 0) return rest
  return { ...rest, annotations: Object.fromEntries([...others, ...written].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** The annotation has the fields of Go's struct by their own names. */
const goBehavior = ({ scaleUp, scaleDown }: Behavior): object => ({
  ScaleUp: goRules(scaleUp),
  ScaleDown: goRules(scaleDown),
})

const goRules = (rules: ScalingRules | undefined): object | null =>
  rules === undefined
    ? null
    : {
        StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
        SelectPolicy: rules.selectPolicy ?? null,
        Policies:
          rules.policies?.map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })) ?? null,
        Tolerance: rules.tolerance ?? null,
      }

/** Go reads names in any case. */
function behaviorOf(value: unknown): Behavior | undefined {
  try {
    const read = normalize(messageOf('autoscaling-v2.HorizontalPodAutoscalerBehavior'), uncapitalized(value), () => {})
    return Object.keys(read).length === 0 ? undefined : read
  } catch {
    return undefined
  }
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(uncapitalized)
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(([name, inner]) => [
    name.charAt(0).toLowerCase() + name.slice(1),
    uncapitalized(inner),
  ])
  return Object.fromEntries(entries) as unknown
}
