/**
 * CEL rules of definitions (`x-kubernetes-validations`). Numbers reach a rule as the schema types them: integers as
 * int, numbers as double. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
import { Optional } from '@marcbachmann/cel-js'
import { isRecord } from '../../kube/object.ts'
import { programOf } from '../cel/environment.ts'
import { celName } from '../cel/names.ts'
import { toldMessage } from '../cel/told-message.ts'
import { tokensOf } from '../cel/tokens.ts'
import type { JsonSchema, Structural, ValidationRule } from './structural.ts'

export interface CompiledRule extends ValidationRule {
  /** Uses `oldSelf`: checked on updates only. */
  readonly isTransition: boolean
  readonly passes: (self: unknown, oldSelf: unknown) => boolean
  readonly describe: (self: unknown, oldSelf: unknown) => string
}

/** Throws what the library says where a rule does not parse. */
export function compileRule(rule: ValidationRule): CompiledRule {
  const program = programOf(rule.rule)
  const oldSelf = (old: unknown): unknown =>
    rule.optionalOldSelf === true ? (old === undefined ? Optional.none() : Optional.of(old)) : old
  const text = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
  const message = rule.messageExpression === undefined ? undefined : programOf(rule.messageExpression)
  return {
    ...rule,
    isTransition: rule.optionalOldSelf !== true && usesOldSelf(rule),
    passes: (self, old) => program({ self, oldSelf: oldSelf(old) }) === true,
    describe: (self, old) => {
      try {
        const said = message === undefined ? '' : String(message({ self, oldSelf: oldSelf(old) }))
        return toldMessage(said) ?? text
      } catch {
        return text
      }
    },
  }
}

/** Whether a rule looks at what was before. */
const usesOldSelf = ({ rule }: ValidationRule): boolean => tokensOf(rule).some(({ text }) => text === 'oldSelf')

const compiled = new WeakMap<JsonSchema, readonly CompiledRule[]>()

export function rulesOf({ props }: Structural): readonly CompiledRule[] {
  let rules = compiled.get(props)
  if (rules === undefined) {
    rules = (props['x-kubernetes-validations'] ?? []).map(compileRule)
    compiled.set(props, rules)
  }
  return rules
}

/** Texts that are values of their own. */
const textFormats: Readonly<Record<string, (text: string) => unknown>> = {
  byte: (text) => Buffer.from(text, 'base64'),
  date: (text) => new Date(text),
  'date-time': (text) => new Date(text),
  duration: (text) => duration({ text }) as unknown,
}
const duration = programOf('duration(text)')

/** A JSON value as CEL sees it. */
export function celValue(node: Structural, value: unknown): unknown {
  if (typeof value === 'string') return textFormats[node.props.format ?? '']?.(value) ?? value
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
      return [property === undefined ? key : (celName(key) ?? key), below === undefined ? item : celValue(below, item)]
    }),
  )
}
