/** Match conditions of webhooks. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions. */
import { aggregated, notAllowed } from '../../kube/status.ts'
import type { AdmissionRequest } from './admission.ts'
import { conditionValues, evaluate, failedText, type Subject, type Values } from './condition-values.ts'
import type { Webhook } from './webhook.ts'

/** Whether all hold: one that is false decides, whatever comes of the others. Else what went wrong, if anything did. */
export function conditionsHold(
  conditions: NonNullable<Webhook['matchConditions']>,
  values: Values,
): boolean | { readonly problem: string } {
  const problems: string[] = []
  for (const condition of conditions) {
    const result = evaluate(condition, condition.expression, values)
    if ('problem' in result) problems.push(failedText(condition.expression, result.problem))
    else if (result.value !== true) return false
  }
  return problems.length === 0 || { problem: aggregated(problems) }
}

/** Whether a webhook wants the request, shown in a version. Throws 403 where it can't be told and the webhook has to be asked. */
export function meetsConditions(
  { matchConditions = [], failurePolicy }: Webhook,
  request: AdmissionRequest,
  subject: Subject,
  version: string,
): boolean {
  if (matchConditions.length === 0) return true
  const held = conditionsHold(matchConditions, conditionValues(request, subject, version))
  if (typeof held === 'boolean') return held
  if (failurePolicy === 'Ignore') return false
  throw notAllowed({ ...request.definition, name: request.name }, held.problem)
}
