/**
 * What is wrong with the CEL rules of a schema: their types, their cost, and what they ask of earlier values. Source:
 * k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation (validation.go, cel_validation.go).
 */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { compile, type Compiled, type Uncompiled } from '../cel/compile.ts'
import { cardinality, declared, sizesIn, type Declared } from '../cel/declared.ts'
import { optional, type Type } from '../cel/types.ts'
import { goStruct } from '../rules/numbers.ts'
import { structuralOf, type JsonSchema, type ValidationRule } from './structural.ts'

type Cause = Required<StatusCause>

const expressionLimit = 10_000_000
const definitionLimit = 100_000_000

interface Place {
  readonly path: string
  /** How often what the schema is of can stand in an object; undefined where nothing bounds it. */
  readonly times: number | undefined
  /** The first schema above whose values can't be told to be the same as earlier ones. */
  readonly uncorrelated: string | undefined
}

/** `wrong` is what the schema has against it already: rules above that are not looked at. */
export function expressionCauses(schema: JsonSchema, path: string, wrong: readonly Cause[]): Cause[] {
  const walk = new Walk(wrong)
  walk.visit(schema, { path, times: 1, uncorrelated: undefined }, true)
  return [...walk.causes, ...walk.totalCauses(path)]
}

class Walk {
  readonly causes: Cause[] = []
  readonly #wrong: readonly Cause[]
  readonly #costs: { path: string; cost: number }[] = []

  constructor(wrong: readonly Cause[]) {
    this.#wrong = wrong
  }

  visit(schema: JsonSchema, place: Place, root: boolean): void {
    const { path, uncorrelated } = place
    const { additionalProperties: values, properties = {}, items } = schema
    const times = timesBelow(schema, place.times)
    const below = (part: string): Place => ({ path: `${path}.${part}`, times, uncorrelated })
    if (isRecord(values)) this.visit(values, below('additionalProperties'), false)
    for (const [name, property] of Object.entries(properties)) this.visit(property, below(`properties[${name}]`), false)
    const isMap = schema['x-kubernetes-list-type'] === 'map'
    if (isRecord(items)) {
      const at = below('items')
      this.visit(items, isMap ? at : { ...at, uncorrelated: uncorrelated ?? path }, false)
    }
    const rules = schema['x-kubernetes-validations'] ?? []
    if (rules.length === 0 || this.#wrong.some(({ field }) => field.startsWith(`${path}.`))) return
    const self = declared(structuralOf(schema, root), selfType())
    const at = `${path}.x-kubernetes-validations`
    if (self === undefined) this.causes.push(untyped(at))
    else for (const [index, rule] of rules.entries()) this.#rule(rule, self, `${at}[${index}]`, place)
  }

  #rule(rule: ValidationRule, self: Declared, at: string, { times, uncorrelated }: Place): void {
    const { optionalOldSelf = false, messageExpression = '' } = rule
    const wrong = (field: string, text: string): Cause => invalidValue(`${at}.${field}`, shownRule(rule), text)
    const compiled = compiledIn(rule.rule, self, optionalOldSelf)
    if ('problem' in compiled)
      this.causes.push(wrong('rule', compiled.problem.replace(/^instantiation/, 'program instantiation')))
    else if (compiled.type.name !== 'bool') this.causes.push(wrong('rule', 'cel expression must evaluate to a bool'))
    else {
      this.#costOf(compiled.cost * (times ?? cardinality(self)), 'rule', at)
      const message = messageExpression.trim() === '' ? undefined : compiledIn(messageExpression, self, optionalOldSelf)
      if (message !== undefined && 'problem' in message)
        this.causes.push(wrong('messageExpression', `messageExpression ${message.problem}`))
      else if (message !== undefined && message.type.name !== 'string')
        this.causes.push(wrong('messageExpression', 'messageExpression must evaluate to a string'))
      else if (message !== undefined) this.#costOf(message.cost, 'messageExpression', at)
    }
    const uses = !('problem' in compiled) && compiled.type.name === 'bool' && compiled.uses.has('oldSelf')
    if (uses && uncorrelated !== undefined) {
      const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
      this.causes.push(invalidValue(`${at}.rule`, rule.rule, text))
    } else if (!uses && rule.optionalOldSelf !== undefined) {
      const text = 'may not be set if oldSelf is not used in rule'
      this.causes.push(invalidValue(`${at}.optionalOldSelf`, optionalOldSelf, text))
    }
  }

  #costOf(cost: number, field: 'rule' | 'messageExpression', at: string): void {
    const path = `${at}.${field}`
    this.#costs.push({ path, cost })
    if (cost > expressionLimit) this.causes.push(tooExpensive(path, `estimated ${field} cost`, cost, expressionLimit))
  }

  totalCauses(path: string): Cause[] {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0)
    if (total <= definitionLimit) return []
    const most = this.#costs.filter(({ cost }) => cost >= definitionLimit / 100).toSorted((a, b) => b.cost - a.cost)
    const text = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...most.slice(0, 4).map((each) => forbiddenValue(each.path, text)),
      tooExpensive(path, what, total, definitionLimit),
    ]
  }
}

/** By how much a schema multiplies what is below it. */
function timesBelow({ type, additionalProperties, maxProperties, maxItems }: JsonSchema, times: number | undefined) {
  if (times === undefined) return undefined
  const isMap = type === 'object' && additionalProperties !== undefined
  const most = isMap ? maxProperties : type === 'array' ? maxItems : 1
  return most === undefined ? undefined : times * Math.max(most, 0)
}

function compiledIn(source: string, self: Declared, optionalOldSelf: boolean): Compiled | Uncompiled {
  const variables = new Map<string, Type>([
    ['self', self.type],
    ['oldSelf', optionalOldSelf ? optional(self.type) : self.type],
  ])
  return compile(source, variables, sizesIn(self))
}

/** No two rules are to share a type's name: nobody shall write it. */
let types = 0
const selfType = (): string => `selfType${++types}`

const untyped = (field: string): Cause => ({
  reason: 'InternalError',
  field,
  message:
    'Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
})

function tooExpensive(path: string, what: string, cost: number, limit: number): Cause {
  const factor = cost / limit
  const times = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return forbiddenValue(path, `${what} exceeds budget by factor of ${times} (${advice})`)
}

const shownRule = (rule: ValidationRule): object => ({
  Rule: rule.rule,
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  ...goStruct(rule, ['Reason']),
  FieldPath: rule.fieldPath ?? '',
  ...goStruct(rule, ['OptionalOldSelf']),
})
