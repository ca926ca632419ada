/**
 * CEL rules of definitions (`x-kubernetes-validations`). Numbers reach a rule as the schema types them: integers as
 * int, numbers as double. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
import { Environment, Optional } from '@marcbachmann/cel-js'
import { isRecord } from '../../kube/object.ts'
import type { JsonSchema, Structural, ValidationRule } from './structural.ts'

export interface CompiledRule extends ValidationRule {
  /** Uses `oldSelf`: checked on updates only. */
  readonly isTransition: boolean
  readonly passes: (self: unknown, oldSelf: unknown) => boolean
  readonly describe: (self: unknown, oldSelf: unknown) => string
}

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })

/** Throws what the library says where a rule does not parse. */
export function compileRule(rule: ValidationRule): CompiledRule {
  const program = environment.parse(rule.rule)
  const oldSelf = (old: unknown): unknown =>
    rule.optionalOldSelf === true ? (old === undefined ? Optional.none() : Optional.of(old)) : old
  const text = rule.message ?? `failed rule: ${rule.rule}`
  const message = rule.messageExpression === undefined ? undefined : environment.parse(rule.messageExpression)
  return {
    ...rule,
    isTransition: rule.optionalOldSelf !== true && usesOldSelf(rule),
    passes: (self, old) => program({ self, oldSelf: oldSelf(old) }) === true,
    describe: (self, old) => {
      if (message === undefined) return text
      try {
        return String(message({ self, oldSelf: oldSelf(old) }))
      } catch {
        return text
      }
    },
  }
}

/** What our library has against how an expression is written; undefined where it parses. */
export function parseProblem(expression: string): string | undefined {
  try {
    environment.parse(expression)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Whether a rule looks at what was before. */
export const usesOldSelf = ({ rule }: ValidationRule): boolean => /\boldSelf\b/.test(rule)

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const escapes: Readonly<Record<string, string>> = {
  '-': '__dash__',
  '.': '__dot__',
  '/': '__slash__',
  __: '__underscores__',
}

/** A property's name as rules write it. Source: k8s.io/apiserver/pkg/cel/escaping.go. */
export function celName(name: string): string {
  if (reserved.has(name)) return `__${name}__`
  return /[-./]|__/.test(name) ? name.replaceAll(/__|[-./]/g, (each) => escapes[each] as string) : name
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
      const property = node.properties.get(key)
      const below = property ?? node.additional
      return [property === undefined ? key : celName(key), below === undefined ? item : celValue(below, item)]
    }),
  )
}
