/** What a resource's CEL rules have against it. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import { runProblem } from '../cel/run-problem.ts'
import { celValue, rulesOf, type CompiledRule } from './cel.ts'
import { child, correlated } from './correlation.ts'
import { fieldPathOf } from './field-path.ts'
import { holding } from './holding.ts'
import type { Structural } from './structural.ts'

type Cause = Required<StatusCause>

/** What keeps CEL rules from being looked at. */
const blocking = new Set([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueNotSupported',
])

/** What rules say besides what is found, where neither that nor something said elsewhere keeps them from being looked at. */
export function withRules(
  node: Structural,
  value: unknown,
  old: unknown,
  found: readonly Cause[],
  elsewhere: readonly Cause[] = [],
): Cause[] {
  const causes = [...found]
  if (![...causes, ...elsewhere].some(({ reason }) => blocking.has(reason))) validateRules(node, value, old, '', causes)
  else if (hasRules(node))
    causes.push({
      reason: 'FieldValueInvalid',
      field: '<nil>',
      message:
        'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    })
  return causes
}

/** What rules say of a default that stands at `path`: where it was before, and where it is new. */
export function ruleCauses(node: Structural, value: unknown, path: string): Cause[] {
  const causes: Cause[] = []
  validateRules(node, value, value, path, causes, false)
  if (causes.length === 0) validateRules(node, value, undefined, path, causes)
  return causes
}

const hasRules = holding(({ props }) => (props['x-kubernetes-validations'] ?? []).length > 0)

function validateRules(
  node: Structural,
  value: unknown,
  old: unknown,
  path: string,
  causes: Cause[],
  ratchets = true,
): void {
  if (!hasRules(node) || value === null || (ratchets && old !== undefined && deepEqual(value, old))) return
  const rules = rulesOf(node)
  if (rules.length > 0) {
    const self = celValue(node, value)
    const oldSelf = old === undefined ? undefined : celValue(node, old)
    for (const rule of rules) {
      if (rule.isTransition && old === undefined) continue
      let text: string | undefined
      try {
        if (!rule.passes(self, oldSelf)) text = rule.describe(self, oldSelf)
      } catch (error) {
        causes.push(failedCause(rule, node.props.type ?? '', path, runProblem(error as Error)))
        continue
      }
      if (text !== undefined)
        causes.push(ruleCause(rule.reason, path + (fieldPathOf(node, rule.fieldPath ?? '') ?? ''), value, text))
    }
  }
  if (Array.isArray(value)) {
    const { items } = node
    const before = correlated(node, old)
    if (items !== undefined)
      for (const [index, item] of value.entries())
        validateRules(items, item, before(item), `${path}[${index}]`, causes, ratchets)
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      const property = node.properties.get(key)
      const below = property ?? node.additional
      const at = property === undefined ? `${path}[${key}]` : child(path, key)
      if (below !== undefined)
        validateRules(below, value[key], isRecord(old) ? old[key] : undefined, at, causes, ratchets)
    }
  }
}

/** A rule that can't be told. What is shown is the type. */
function failedCause({ rule, message }: CompiledRule, type: string, field: string, problem: string): Cause {
  const shown = message?.trim() || rule.trim()
  const text = problem.startsWith('no such overload')
    ? `'${problem}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
    : `${problem} evaluating rule: ${shown}`
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(type)}: ${text}` }
}

/** Scalars are shown, objects and lists are not. */
function ruleCause(reason: string | undefined, field: string, value: unknown, text: string): Cause {
  const shown = isRecord(value) || Array.isArray(value) ? undefined : JSON.stringify(value)
  if (reason === 'FieldValueForbidden') return forbiddenValue(field, text)
  if (reason === 'FieldValueRequired') return { reason, field, message: `Required value: ${text}` }
  if (reason === 'FieldValueDuplicate')
    return { reason, field, message: `Duplicate value${shown === undefined ? '' : `: ${shown}`}` }
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${shown === undefined ? '' : `${shown}: `}${text}`,
  }
}
