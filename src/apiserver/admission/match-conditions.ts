/** Match conditions of webhooks. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions. */
import { Environment } from '@marcbachmann/cel-js'
import { resourceId } from '../../kube/object.ts'
import { aggregated, forbidden } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import type { AdmissionRequest } from './admission.ts'
import { conditionRequest } from './review.ts'
import type { Webhook } from './webhook.ts'

type MatchCondition = NonNullable<Webhook['matchConditions']>[number]
type Program = (context: object) => unknown

const environment = new Environment({ unlistedVariablesAreDyn: true })
/** Stored configurations don't change: what they say is parsed once. */
const programs = new WeakMap<MatchCondition, Program>()

function programOf(condition: MatchCondition): Program {
  let program = programs.get(condition)
  if (program === undefined) programs.set(condition, (program = environment.parse(condition.expression) as Program))
  return program
}

/**
 * Whether a webhook wants the request: one condition that is false decides, whatever comes of the others. Throws 403
 * where one can't be told and the webhook has to be asked.
 */
export function meetsConditions(
  { matchConditions = [], failurePolicy }: Webhook,
  request: AdmissionRequest,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): boolean {
  if (matchConditions.length === 0) return true
  const { definition, exchange } = request
  const context = { object: object ?? null, oldObject: old ?? null, request: conditionRequest(request, object ?? old) }
  const problems: string[] = []
  for (const condition of matchConditions) {
    try {
      if (programOf(condition)(context) !== true) return false
    } catch (error) {
      const [first = ''] = (error as Error).message.split('\n')
      const told = `${first.charAt(0).toLowerCase()}${first.slice(1)}`
      problems.push(`expression '${condition.expression}' resulted in error: ${told}`)
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
