/** What an autoscaler goes by. Source: k8s.io/kubernetes/pkg/apis/autoscaling/validation, validateMetricSpec. */
import { canonicalQuantity, compareQuantities } from '../../kube/quantity.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { pathSegmentProblems } from './metadata.ts'
import { containerResourceNameCauses } from './resources.ts'
import { targetCauses, type Target } from './scale-target.ts'

type Cause = Required<StatusCause>

export interface MetricTarget {
  readonly type: string
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

export interface MetricIdentifier {
  readonly name: string
  readonly selector?: LabelSelector
}

interface Measured {
  readonly target: MetricTarget
}

export interface Metric {
  readonly type: string
  readonly object?: Measured & { readonly describedObject: Target; readonly metric: MetricIdentifier }
  readonly external?: Measured & { readonly metric: MetricIdentifier }
  readonly pods?: Measured & { readonly metric: MetricIdentifier }
  readonly resource?: Measured & { readonly name: string }
  readonly containerResource?: Measured & { readonly name: string; readonly container: string }
}

/** Types of metrics and the field that describes each, as they are looked at. */
export const metricSources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const
const types = Object.keys(metricSources).sort()
const targetTypes = ['Utilization', 'Value', 'AverageValue']

export function metricCauses(path: string, metric: Metric, objects: 'any' | 'valid'): Cause[] {
  const { type } = metric
  const unknown = types.includes(type) ? [] : [notSupported(`${path}.type`, type, types)]
  const given = Object.values(metricSources).filter((source) => metric[source] !== undefined)
  const expected = unknown.length > 0 ? undefined : metricSources[type as keyof typeof metricSources]
  const [first] = given
  return [
    ...(type === '' ? [required(`${path}.type`, 'must specify a metric source type')] : []),
    ...unknown,
    ...(first === undefined ? [] : sourceCauses(`${path}.${first}`, metric, first, objects)),
    ...(expected !== undefined && metric[expected] === undefined
      ? [required(`${path}.${expected}`, 'must populate information for the given metric source')]
      : []),
    ...unknown,
    ...(given.length === 1 ? [] : given.filter((source) => source !== expected)).map((source) =>
      forbiddenValue(`${path}.${source}`, 'must populate the given metric source only'),
    ),
  ]
}

function sourceCauses(
  path: string,
  { object, external, pods, resource, containerResource }: Metric,
  source: (typeof metricSources)[keyof typeof metricSources],
  objects: 'any' | 'valid',
): Cause[] {
  if (source === 'object' && object !== undefined)
    return [
      ...targetCauses(`${path}.describedObject`, object.describedObject, objects),
      ...measuredCauses(path, object),
      ...missing(path, object.target, ['value', 'averageValue'], 'must set either a target value or averageValue'),
    ]
  if (source === 'external' && external !== undefined)
    return [
      ...measuredCauses(path, external),
      ...missing(
        path,
        external.target,
        ['value', 'averageValue'],
        'must set either a target value for metric or a per-pod target',
      ),
      ...both(path, external.target, ['averageValue', 'value'], 'a target value for metric and a per-pod target'),
    ]
  if (source === 'pods' && pods !== undefined)
    return [
      ...measuredCauses(path, pods),
      ...missing(path, pods.target, ['averageValue'], 'must specify a positive target averageValue'),
    ]
  const { name, target, container } = (resource ?? containerResource) as Measured & {
    readonly name: string
    readonly container?: string
  }
  return [
    ...(name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []),
    ...(container === undefined ? [] : containerCauses(path, name, container)),
    ...metricTargetCauses(`${path}.target`, target),
    ...missing(
      path,
      target,
      ['averageValue', 'averageUtilization'],
      'must set either a target raw value or a target utilization',
    ),
    ...both(path, target, ['averageUtilization', 'averageValue'], 'a target raw value and a target utilization'),
  ]
}

const containerCauses = (path: string, name: string, container: string): Cause[] => [
  ...(name === '' ? [] : containerResourceNameCauses(`${path}.name`, name)),
  ...(container === ''
    ? [required(`${path}.container`, 'must specify a container')]
    : spelled(`${path}.container`, container, labelProblems)),
]

const measuredCauses = (
  path: string,
  { metric, target }: Measured & { readonly metric: MetricIdentifier },
): Cause[] => [
  ...(metric.name === ''
    ? [required(`${path}.metric.name`, 'must specify a metric name')]
    : spelled(`${path}.metric.name`, metric.name, pathSegmentProblems)),
  ...metricTargetCauses(`${path}.target`, target),
]

type Amount = 'value' | 'averageValue' | 'averageUtilization'

/** None of the amounts is there: the last one is named. */
const missing = (path: string, target: MetricTarget, amounts: readonly Amount[], text: string): Cause[] =>
  amounts.some((amount) => target[amount] !== undefined) ? [] : [required(`${path}.target.${amounts.at(-1)}`, text)]

const both = (path: string, target: MetricTarget, [one, other]: readonly [Amount, Amount], text: string): Cause[] =>
  target[one] === undefined || target[other] === undefined
    ? []
    : [forbiddenValue(`${path}.target.${other}`, `may not set both ${text}`)]

const metricTargetCauses = (path: string, { type, averageUtilization, ...amounts }: MetricTarget): Cause[] => [
  ...(type === '' ? [required(`${path}.type`, 'must specify a metric target type')] : []),
  ...(targetTypes.includes(type)
    ? []
    : [invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
  ...(['value', 'averageValue'] as const).flatMap((name) => {
    const amount = amounts[name]
    return amount === undefined || compareQuantities(amount, '0') > 0
      ? []
      : [invalidValue(`${path}.${name}`, canonicalQuantity(amount), 'must be positive')]
  }),
  ...(averageUtilization === undefined || averageUtilization >= 1
    ? []
    : [invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')]),
]
