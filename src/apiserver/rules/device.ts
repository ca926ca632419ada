/** What claims, classes and slices of devices have in common. Source: k8s.io/kubernetes/pkg/apis/resource/validation. */
import { isRecord } from '../../kube/object.ts'
import {
  duplicate,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  type StatusCause,
} from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { expressionCauses } from './device-selector.ts'
import { oneOf, spelled } from './causes.ts'
import { driverNameCauses } from './csi.ts'

type Cause = Required<StatusCause>

export interface Selector {
  readonly cel?: { readonly expression?: string }
}

export interface Configuration {
  readonly opaque?: { readonly driver?: string; readonly parameters?: unknown }
}

/** The length first: what is too long is not looked at. */
export const eachOf = <T>(
  at: string,
  items: readonly T[] | null | undefined,
  max: number,
  causes: (item: T, at: string) => Cause[],
): Cause[] => {
  const { length = 0 } = items ?? []
  return length > max
    ? [tooMany(at, length, max)]
    : (items ?? []).flatMap((item, index) => causes(item, `${at}[${index}]`))
}

/** Items that differ in what `key` says. */
export function setOf<T>(
  at: string,
  items: readonly T[] | null | undefined,
  max: number,
  causes: (item: T, at: string) => Cause[],
  key: (item: T) => string,
): Cause[] {
  const keys = (items ?? []).map(key)
  return [
    ...eachOf(at, items, max, causes),
    ...(keys.length > max
      ? []
      : keys.flatMap((each, index) => (keys.indexOf(each) < index ? [duplicate(`${at}[${index}]`, each)] : []))),
  ]
}

const poolNameMax = 253

export const poolNameCauses = (at: string, name = ''): Cause[] =>
  name === ''
    ? [required(at)]
    : [
        ...(name.length > poolNameMax ? [tooLong(at, poolNameMax)] : []),
        ...name.split('/').flatMap((part) => spelled(at, part, subdomainProblems)),
      ]

const expressionMax = 10 * 1024

export const selectorCauses = ({ cel }: Selector, at: string): Cause[] => {
  if (cel === undefined) return [required(`${at}.cel`)]
  const { expression = '' } = cel
  const field = `${at}.cel.expression`
  if (Buffer.byteLength(expression) > expressionMax) return [tooLong(field, expressionMax)]
  return expressionCauses(field, expression)
}

const parametersMax = 10 * 1024

export const configurationCauses = ({ opaque }: Configuration, at: string): Cause[] =>
  opaque === undefined
    ? [required(`${at}.opaque`)]
    : [
        ...driverNameCauses(`${at}.opaque.driver`, opaque.driver ?? ''),
        ...objectCauses(`${at}.opaque.parameters`, opaque.parameters, parametersMax),
      ]

/** An object of any form, as JSON no longer than `bytes`. */
export function objectCauses(at: string, value: unknown, bytes: number): Cause[] {
  if (value === undefined || value === null) return [required(at)]
  if (Buffer.byteLength(JSON.stringify(value)) > bytes) return [tooLong(at, bytes)]
  return isRecord(value) ? [] : [invalidValue(at, '<value omitted>', 'must be a valid JSON object')]
}

const identifierMax = 32
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/
const identifierText =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"

const identifierCauses = (at: string, text: string): Cause[] => [
  ...(text.length > identifierMax ? [tooLong(at, identifierMax)] : []),
  ...(identifier.test(text) ? [] : [invalidValue(at, text, identifierText)]),
]

/** `model` or `gpu.example.com/model`. */
export function attributeNameCauses(at: string, name: string): Cause[] {
  const [first = '', second, ...rest] = name.split('/')
  if (rest.length > 0) return []
  if (second === undefined) return identifierCauses(at, first)
  return [
    ...(first === '' ? [invalidValue(at, '', 'the domain must not be empty')] : driverNameCauses(at, first)),
    ...(second === '' ? [invalidValue(at, '', 'the name must not be empty')] : identifierCauses(at, second)),
  ]
}

export const qualifiedAttributeCauses = (at: string, name: string): Cause[] => [
  ...attributeNameCauses(at, name),
  ...(name.includes('/')
    ? []
    : [invalidValue(at, name, 'a fully qualified name must be a domain and a name separated by a slash')]),
]

export interface Taint {
  readonly key?: string
  readonly value?: string
  readonly effect?: string
}

const effects = ['NoExecute', 'NoSchedule', 'None']

const effectCauses = (at: string, effect: string): Cause[] => oneOf(at, effect, effects)

export const taintCauses = ({ key = '', value = '', effect = '' }: Taint, at: string): Cause[] => [
  ...spelled(`${at}.key`, key, qualifiedNameProblems),
  ...(value === '' ? [] : spelled(`${at}.value`, value, labelValueProblems)),
  ...(effect === '' ? [required(`${at}.effect`)] : effectCauses(`${at}.effect`, effect)),
]

export function tolerationCauses(given: Taint & { readonly operator?: string }, at: string): Cause[] {
  const { key = '', operator = '', value = '', effect = '' } = given
  return [
    ...(key === '' ? [] : spelled(`${at}.key`, key, qualifiedNameProblems)),
    ...(operator === 'Equal' ? spelled(`${at}.value`, value, labelValueProblems) : []),
    ...(operator === 'Exists' && value !== ''
      ? [invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`')]
      : []),
    ...(operator === '' ? [required(`${at}.operator`)] : []),
    ...(['', 'Equal', 'Exists'].includes(operator)
      ? []
      : [notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])]),
    ...(effect === '' ? [] : effectCauses(`${at}.effect`, effect)),
  ]
}

const conditionsMax = 4

export interface Binding {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** Conditions that a device has to reach before its pod is bound, and those that end the wait. */
export function bindingCauses(given: Binding, at: string): Cause[] {
  const { bindingConditions: wanted = [], bindingFailureConditions: failing = [] } = given
  const [wantedAt, failingAt] = [`${at}.bindingConditions`, `${at}.bindingFailureConditions`]
  const named = (name: string, field: string): Cause[] => spelled(field, name, qualifiedNameProblems)
  const repeated = (field: string, names: readonly string[]): Cause[] =>
    names.flatMap((name, index) => (names.indexOf(name) < index ? [duplicate(`${field}[${index}]`, name)] : []))
  return [
    ...eachOf(wantedAt, wanted, conditionsMax, named),
    ...eachOf(failingAt, failing, conditionsMax, named),
    ...repeated(wantedAt, wanted),
    ...repeated(failingAt, failing),
    ...failing.flatMap((name, index) =>
      wanted.includes(name)
        ? [
            invalidValue(
              `${failingAt}[${index}]`,
              name,
              'bindingFailureConditions must not overlap with bindingConditions',
            ),
          ]
        : [],
    ),
    ...(wanted.length === 0 && failing.length > 0
      ? [
          invalidValue(
            wantedAt,
            sentAs(given, 'bindingConditions') ?? null,
            'bindingConditions are required to use bindingFailureConditions',
          ),
        ]
      : []),
    ...(failing.length === 0 && wanted.length > 0
      ? [
          invalidValue(
            failingAt,
            sentAs(given, 'bindingFailureConditions') ?? null,
            'bindingFailureConditions are required to use bindingConditions',
          ),
        ]
      : []),
  ]
}
