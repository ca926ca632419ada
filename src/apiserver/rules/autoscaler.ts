/** What a HorizontalPodAutoscaler may say. Source: k8s.io/kubernetes/pkg/apis/autoscaling/validation. */
import { canonicalQuantity, compareQuantities } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { oneOf } from './causes.ts'
import { metricCauses, type Metric } from './autoscaler-metric.ts'
import { nonNegatives } from './numbers.ts'
import { targetCauses, versionProblem, type Target, type VersionRule } from './scale-target.ts'

type Cause = Required<StatusCause>

interface ScalingPolicy {
  readonly type: string
  readonly value: number
  readonly periodSeconds: number
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number
  readonly selectPolicy?: string
  readonly policies?: readonly ScalingPolicy[]
  readonly tolerance?: string
}

export interface Behavior {
  readonly scaleUp?: ScalingRules
  readonly scaleDown?: ScalingRules
}

export interface MetricStatus extends Pick<Metric, 'type'> {
  readonly [source: string]: unknown
}

export interface Autoscaler extends KubeObject {
  readonly spec?: {
    readonly scaleTargetRef: Target
    readonly minReplicas?: number
    readonly maxReplicas: number
    readonly metrics?: readonly Metric[]
    readonly behavior?: Behavior
  }
  readonly status?: {
    readonly currentMetrics?: readonly MetricStatus[]
    readonly [field: string]: unknown
  }
}

const windowMax = 3600
const periodMax = 1800

export function autoscalerCauses(autoscaler: Autoscaler, before: Autoscaler | undefined, subresource = ''): Cause[] {
  if (subresource === 'status')
    return nonNegatives('status', autoscaler.status ?? {}, ['currentReplicas', 'desiredReplicas'])
  const { spec } = autoscaler
  if (spec === undefined) return []
  const { minReplicas: min, maxReplicas: max, scaleTargetRef: target, metrics = [], behavior = {} } = spec
  const least = before?.spec?.minReplicas === 0 ? 0 : 1
  const objects = hasInvalidObject(before) ? 'any' : 'valid'
  return [
    ...(min !== undefined && min < least
      ? [invalidValue('spec.minReplicas', min, `must be greater than or equal to ${least}`)]
      : []),
    ...(max === 0 ? [required('spec.maxReplicas', 'must be set and greater than 0')] : []),
    ...(max < 0 ? [invalidValue('spec.maxReplicas', max, 'must be greater than or equal to 1')] : []),
    ...(min !== undefined && max < min
      ? [invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...targetCauses('spec.scaleTargetRef', target, targetRule(target, before?.spec?.scaleTargetRef)),
    ...metrics.flatMap((metric, index) => metricCauses(`spec.metrics[${index}]`, metric, objects)),
    ...(min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')
      ? [
          forbiddenValue(
            'spec.metrics',
            'must specify at least one Object or External metric to support scaling to zero replicas',
          ),
        ]
      : []),
    ...rulesCauses('spec.behavior.scaleUp', behavior.scaleUp),
    ...rulesCauses('spec.behavior.scaleDown', behavior.scaleDown),
  ]
}

function targetRule(target: Target, before: Target | undefined): VersionRule {
  if (before?.kind === target.kind && before.apiVersion === target.apiVersion) return 'any'
  return target.kind === 'ReplicationController' ? 'valid' : 'grouped'
}

const hasInvalidObject = (before: Autoscaler | undefined): boolean =>
  (before?.spec?.metrics ?? []).some(
    ({ type, object }) =>
      type === 'Object' && object !== undefined && versionProblem(object.describedObject, 'valid') !== undefined,
  )

function rulesCauses(path: string, rules: ScalingRules | undefined): Cause[] {
  if (rules === undefined) return []
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance = '0' } = rules
  return [
    ...(window < 0
      ? [invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')]
      : []),
    ...(window > windowMax
      ? [invalidValue(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${windowMax}`)]
      : []),
    ...(selectPolicy === undefined ? [] : oneOf(`${path}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min'])),
    ...(policies.length === 0 ? [required(`${path}.policies`, 'must specify at least one Policy')] : []),
    ...policies.flatMap((policy, index) => policyCauses(`${path}.policies[${index}]`, policy)),
    ...(compareQuantities(tolerance, '0') < 0
      ? [invalidValue(`${path}.tolerance`, canonicalQuantity(tolerance), 'must be greater than or equal to 0')]
      : []),
  ]
}

const policyCauses = (path: string, { type, value, periodSeconds }: ScalingPolicy): Cause[] => [
  ...oneOf(`${path}.type`, type, ['Percent', 'Pods']),
  ...(value <= 0 ? [invalidValue(`${path}.value`, value, 'must be greater than zero')] : []),
  ...(periodSeconds <= 0 ? [invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero')] : []),
  ...(periodSeconds > periodMax
    ? [invalidValue(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${periodMax}`)]
    : []),
]
