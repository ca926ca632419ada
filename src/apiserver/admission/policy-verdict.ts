/** What a policy says of an object. Source: k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go. */
import { toldMessage } from '../cel/told-message.ts'
import { conditionsHold } from './match-conditions.ts'
import { evaluate, failedText, type Values } from './condition-values.ts'
import type { Policy, Validation } from './policy.ts'

type Spec = NonNullable<Policy['spec']>

/** Why a request is not to be let through. */
export interface Denial {
  readonly message: string
  readonly reason: string
  /** It is refused, whatever else the binding asks for. */
  readonly always: boolean
}

export function denialsOf(spec: Spec, given: Values): Denial[] {
  const failing = (message: string, always = false): Denial[] =>
    spec.failurePolicy === 'Ignore' ? [] : [{ message, reason: 'Invalid', always }]
  const { validations = [], auditAnnotations = [], matchConditions = [], variables = [] } = spec
  const held = conditionsHold(matchConditions, given)
  if (typeof held !== 'boolean') return failing(held.problem)
  if (!held) return []
  const values = variables.length === 0 ? given : { ...given, variables: composited(variables, given) }
  const broken = validations.flatMap((validation) => {
    const result = evaluate(validation, validation.expression, values)
    if ('problem' in result) return failing(failedText(validation.expression, result.problem))
    if (result.value === true) return []
    return [{ message: messageOf(validation, values), reason: validation.reason ?? 'Invalid', always: false }]
  })
  // Their values go to the audit log, which nobody keeps; that they have none is told.
  const unaudited = auditAnnotations.flatMap((annotation) => {
    const { valueExpression = '' } = annotation
    const result = evaluate(annotation, valueExpression, values)
    return 'problem' in result ? failing(failedText(valueExpression, result.problem), true) : []
  })
  return [...broken, ...unaudited]
}

function messageOf(validation: Validation, values: Values): string {
  const { expression, message = '', messageExpression = '' } = validation
  const result = messageExpression === '' ? { value: '' } : evaluate(validation, messageExpression, values)
  const said = 'value' in result && typeof result.value === 'string' ? result.value : ''
  return toldMessage(said) || message.trim() || `failed expression: ${expression.trim()}`
}

/** Variables are evaluated when they are first looked at, once. */
function composited(variables: NonNullable<Spec['variables']>, given: Values): object {
  const composite = {}
  const values = { ...given, variables: composite }
  for (const variable of variables) {
    let result: ReturnType<typeof evaluate> | undefined
    Object.defineProperty(composite, variable.name, {
      enumerable: true,
      configurable: true,
      get: () => {
        result ??= evaluate(variable, variable.expression, values)
        if ('value' in result) return result.value
        throw new Error(`composited variable ${JSON.stringify(variable.name)} fails to evaluate: ${result.problem}`)
      },
    })
  }
  return composite
}
