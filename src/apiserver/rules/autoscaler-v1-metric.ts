/** One metric between autoscaling/v1, which has a field for each amount, and v2. Source: autoscaling/v1/conversion.go. */
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

/** Without what is not there. */
const said = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

const identifier = ({ metricName: name, selector, metricSelector }: OldSource): MetricIdentifier =>
  said({ name, selector: selector ?? metricSelector }) as MetricIdentifier

export function metricOf(old: object): Metric {
  const { type, object, pods, resource, containerResource, external } = old as OldMetric
  const used = ({ targetAverageUtilization, targetAverageValue }: OldSource): MetricTarget =>
    said({
      type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
      averageValue: targetAverageValue,
      averageUtilization: targetAverageUtilization,
    }) as MetricTarget
  return said({
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
      target: said({
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

export function oldMetric({ type, object, pods, resource, containerResource, external }: Metric): object {
  const used = ({ averageUtilization, averageValue }: MetricTarget): object => ({
    targetAverageUtilization: averageUtilization,
    targetAverageValue: averageValue,
  })
  return printed('MetricSpec', {
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...used(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...used(containerResource.target),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  })
}

export function metricStatusOf(old: object): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = old as OldMetric
  const used = ({ currentAverageUtilization, currentAverageValue }: OldSource): object =>
    said({ averageValue: currentAverageValue, averageUtilization: currentAverageUtilization })
  return said({
    type,
    object: object && {
      metric: identifier(object),
      current: said({ value: object.currentValue, averageValue: object.averageValue }),
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
      current: said({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  })
}

interface Measured {
  readonly name: string
  readonly container?: string
  readonly describedObject: Target
  readonly metric: MetricIdentifier
  readonly current: Omit<MetricTarget, 'type'>
}

export function oldMetricStatus(status: MetricStatus): object {
  const { object, pods, resource, containerResource, external } = status as unknown as Partial<Record<string, Measured>>
  const used = ({ averageUtilization, averageValue = '0' }: Measured['current']): object => ({
    currentAverageUtilization: averageUtilization,
    currentAverageValue: averageValue,
  })
  return printed('MetricStatus', {
    type: status.type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...used(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...used(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? '0',
      currentAverageValue: external.current.averageValue,
    },
  })
}

const printed = (type: string, value: object): object => normalize(messageOf(`autoscaling-v1.${type}`), value, () => {})
