/**
 * CEL rules of definitions (`x-kubernetes-validations`). Numbers reach a rule as the schema types them: integers as
 * int, numbers as double. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
import { Environment } from '@marcbachmann/cel-js'
import { isRecord } from '../../kube/object.ts'
import type { JsonSchema, Structural, ValidationRule } from './structural.ts'

export interface CompiledRule extends ValidationRule {
  /** Uses `oldSelf`: checked on updates only. */
  readonly isTransition: boolean
  readonly passes: (self: unknown, oldSelf: unknown) => boolean
  readonly describe: (self: unknown, oldSelf: unknown) => string
}

const environment = new Environment({ unlistedVariablesAreDyn: true })

/** Throws what the library says where a rule does not parse. */
export function compileRule(rule: ValidationRule): CompiledRule {
  const program = environment.parse(rule.rule)
  const text = rule.message ?? `failed rule: ${rule.rule}`
  const message = rule.messageExpression === undefined ? undefined : environment.parse(rule.messageExpression)
  return {
    ...rule,
    isTransition: /\boldSelf\b/.test(rule.rule),
    passes: (self, oldSelf) => program({ self, oldSelf }) === true,
    describe: (self, oldSelf) => {
      if (message === undefined) return text
      try {
        return String(message({ self, oldSelf }))
      } catch {
        return text
      }
    },
  }
}

const compiled = new WeakMap<JsonSchema, readonly CompiledRule[]>()

export function rulesOf({ props }: Structural): readonly CompiledRule[] {
  let rules = compiled.get(props)
  if (rules === undefined) {
    rules = (props['x-kubernetes-validations'] ?? []).map(compileRule)
    compiled.set(props, rules)
  }
  return rules
}

/** A JSON value as CEL sees it. */
export function celValue(node: Structural, value: unknown): unknown {
  if (typeof value === 'number')
    return node.props.type === 'integer' || (node.intOrString && Number.isInteger(value)) ? BigInt(value) : value
  if (Array.isArray(value)) {
    const { items } = node
    return items === undefined ? value : value.map((item) => celValue(items, item))
  }
  if (!isRecord(value)) return value
  if ('rawJSON' in value) return BigInt(value['rawJSON'] as string)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const below = node.properties.get(key) ?? node.additional
      return [key, below === undefined ? item : celValue(below, item)]
    }),
  )
}
