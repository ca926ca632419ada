/** Source: k8s.io/kubernetes/pkg/apis/autoscaling/v2/defaults.go. */
import { sentAs } from '../../kube/types/said-empty.ts'
import type { KubeObject } from '../types.ts'
import type { Autoscaler, ScalingRules } from './autoscaler.ts'
import type { Metric } from './autoscaler-metric.ts'

const period = 15
const allPods = { type: 'Percent', value: 100, periodSeconds: period }
const scaleUp: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: period }, allPods],
}
const scaleDown: ScalingRules = { selectPolicy: 'Max', policies: [allPods] }

/** What is used of what pods ask for, in percent. */
export const cpuMetric = (averageUtilization = 80): Metric => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

/** Policies that are said to be none are none. */
function withRules(usual: ScalingRules, said: ScalingRules = {}): ScalingRules {
  const policies = sentAs(said, 'policies') as ScalingRules['policies']
  return { ...usual, ...said, ...(policies === undefined ? {} : { policies }) }
}

export function withAutoscalerDefaults(autoscaler: KubeObject): KubeObject {
  const { spec } = autoscaler as Autoscaler
  if (spec === undefined) return autoscaler
  const { metrics = [], behavior } = spec
  return {
    ...autoscaler,
    spec: {
      ...spec,
      minReplicas: spec.minReplicas ?? 1,
      metrics: metrics.length === 0 ? [cpuMetric()] : metrics,
      ...(behavior === undefined
        ? {}
        : {
            behavior: {
              scaleUp: withRules(scaleUp, behavior.scaleUp),
              scaleDown: withRules(scaleDown, behavior.scaleDown),
            },
          }),
    },
  }
}
