/** One metric between autoscaling/v1, which has a field for each amount, and v2. Source: autoscaling/v1/conversion.go. */
import { defined } from '../../kube/object.ts'
import { compareQuantities } from '../../kube/quantity.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOf } from '../../kube/types/tables.ts'
import type { MetricStatus } from './autoscaler.ts'
import type { Metric, MetricIdentifier, MetricTarget } from './autoscaler-metric.ts'
import type { Target } from './scale-target.ts'

interface OldSource {
  readonly name: string
  readonly container: string
  readonly target: Target
  readonly metricName: string
  readonly selector?: MetricIdentifier['selector']
  readonly metricSelector?: MetricIdentifier['selector']
  readonly averageValue?: string
  readonly targetValue?: string
  readonly targetAverageValue?: string
  readonly targetAverageUtilization?: number
  readonly currentValue?: string
  readonly currentAverageValue?: string
  readonly currentAverageUtilization?: number
}
type OldMetric = { readonly type: string } & Partial<
  Readonly<Record<'object' | 'pods' | 'resource' | 'containerResource' | 'external', OldSource>>
>

const identifier = ({ metricName: name, selector, metricSelector }: OldSource): MetricIdentifier =>
  defined({ name, selector: selector ?? metricSelector }) as MetricIdentifier

export function metricOf(old: object): Metric {
  const { type, object, pods, resource, containerResource, external } = old as OldMetric
  const used = ({ targetAverageUtilization, targetAverageValue }: OldSource): MetricTarget =>
    defined({
      type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
      averageValue: targetAverageValue,
      averageUtilization: targetAverageUtilization,
    }) as MetricTarget
  return defined({
    type,
    object: object && { describedObject: object.target, target: objectTarget(object), metric: identifier(object) },
    pods: pods && {
      metric: identifier(pods),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: used(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: used(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external),
      target: defined({
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  }) as Metric
}

/** The old field is always there: zero beside an average is none. */
function objectTarget({ targetValue: value = '0', averageValue }: OldSource): MetricTarget {
  if (averageValue === undefined) return { type: 'Value', value }
  return { type: 'AverageValue', ...(compareQuantities(value, '0') === 0 ? {} : { value }), averageValue }
}

export function metricStatusOf(old: object): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = old as OldMetric
  const used = ({ currentAverageUtilization, currentAverageValue }: OldSource): object =>
    defined({ averageValue: currentAverageValue, averageUtilization: currentAverageUtilization })
  return defined({
    type,
    object: object && {
      metric: identifier(object),
      current: defined({ value: object.currentValue, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && { metric: identifier(pods), current: { averageValue: pods.currentAverageValue } },
    resource: resource && { name: resource.name, current: used(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: used(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external),
      current: defined({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  }) as MetricStatus
}

type Amounts = Omit<MetricTarget, 'type'>
type Source = Partial<Readonly<Record<'target' | 'current', Amounts>>> & {
  readonly name: string
  readonly container?: string
  readonly describedObject: Target
  readonly metric: MetricIdentifier
}

export const oldMetric = (metric: Metric): object => old('MetricSpec', metric, 'target')
export const oldMetricStatus = (status: MetricStatus): object => old('MetricStatus', status, 'current')

/** What is measured has amounts that a target may go without. */
function old(message: string, metric: Metric | MetricStatus, at: 'target' | 'current'): object {
  const { object, pods, resource, containerResource, external } = metric as unknown as Partial<Record<string, Source>>
  const amounts = (source: Source): Amounts => source[at] ?? {}
  const initial = at === 'current' ? '0' : undefined
  const used = (source: Source): object => ({
    name: source.name,
    [`${at}AverageUtilization`]: amounts(source).averageUtilization,
    [`${at}AverageValue`]: amounts(source).averageValue ?? initial,
  })
  const value = {
    type: metric.type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      [`${at}Value`]: amounts(object).value ?? '0',
      selector: object.metric.selector,
      averageValue: amounts(object).averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      [`${at}AverageValue`]: amounts(pods).averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && used(resource),
    containerResource: containerResource && { ...used(containerResource), container: containerResource.container },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      [`${at}Value`]: amounts(external).value ?? initial,
      [`${at}AverageValue`]: amounts(external).averageValue,
    },
  }
  return normalize(messageOf(`autoscaling-v1.${message}`), value, () => {})
}
