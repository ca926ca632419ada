/** Match conditions of webhooks. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions. */
import { resourceId } from '../../kube/object.ts'
import { aggregated, forbidden } from '../../kube/status.ts'
import { programOf } from '../cel/environment.ts'
import { runProblem } from '../cel/run-problem.ts'
import type { AdmissionRequest } from './admission.ts'
import { conditionValues, type Subject } from './condition-values.ts'
import type { Webhook } from './webhook.ts'

type MatchCondition = NonNullable<Webhook['matchConditions']>[number]
type Program = (context: object) => unknown

/** Stored configurations don't change: what they say is parsed once. */
const programs = new WeakMap<MatchCondition, Program>()

function compiled(condition: MatchCondition): Program {
  let program = programs.get(condition)
  if (program === undefined) programs.set(condition, (program = programOf(condition.expression) as Program))
  return program
}

/**
 * Whether a webhook wants the request: one condition that is false decides, whatever comes of the others. Throws 403
 * where one can't be told and the webhook has to be asked.
 */
export function meetsConditions(
  { matchConditions = [], failurePolicy }: Webhook,
  request: AdmissionRequest,
  subject: Subject,
): boolean {
  if (matchConditions.length === 0) return true
  const { definition, exchange } = request
  const { object, old } = subject
  const values = conditionValues(request, subject)
  const problems: string[] = []
  for (const condition of matchConditions) {
    try {
      if (compiled(condition)(values) !== true) return false
    } catch (error) {
      problems.push(`expression '${condition.expression}' resulted in error: ${runProblem(error as Error)}`)
    }
  }
  if (problems.length === 0) return true
  if (failurePolicy === 'Ignore') return false
  const name = object?.metadata.name ?? old?.metadata.name ?? exchange.request.name
  throw forbidden(
    { ...definition, name },
    `${resourceId(definition)} ${JSON.stringify(name)} is forbidden: ${aggregated(problems)}`,
  )
}
