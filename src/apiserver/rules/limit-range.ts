/** Limit ranges. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateLimitRange; pkg/apis/core/v1/defaults.go. */
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { duplicate, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { containerResourceNameCauses, isOvercommitAllowed, resourceNameCauses } from './resources.ts'
import type { Amounts } from './amounts.ts'

type Cause = Required<StatusCause>

export interface Limit {
  readonly type: string
  readonly max?: Amounts
  readonly min?: Amounts
  readonly default?: Amounts
  readonly defaultRequest?: Amounts
  readonly maxLimitRequestRatio?: Amounts
}

/** Of containers: what is not asked for is asked for as much as may be had. */
export function withRequests(limit: Limit): Limit {
  if (limit.type !== 'Container') return limit
  const usual = { ...limit.max, ...limit.default }
  const asked = { ...limit.min, ...usual, ...limit.defaultRequest }
  return {
    ...limit,
    ...(Object.keys(usual).length === 0 ? {} : { default: usual }),
    ...(Object.keys(asked).length === 0 ? {} : { defaultRequest: asked }),
  }
}

const types = ['Pod', 'Container', 'PersistentVolumeClaim']

export const limitCauses = (limits: readonly Limit[]): Cause[] =>
  limits.flatMap((limit, index) => {
    const at = `spec.limits[${index}]`
    const again = limits.findIndex(({ type }) => type === limit.type) < index
    return [
      ...typeCauses(`${at}.type`, limit.type),
      ...(again ? [duplicate(`${at}.type`, limit.type)] : []),
      ...nameCauses(at, limit),
      ...keysOf(limit).flatMap((name) => amountCauses(at, limit, name)),
    ]
  })

function typeCauses(field: string, type: string): Cause[] {
  const problems = spelled(field, type, qualifiedNameProblems)
  return problems.length > 0 || type.includes('/') || types.includes(type)
    ? problems
    : [invalidValue(field, type, 'must be a standard limit type or fully qualified')]
}

const kept = (limit: Limit): (keyof Limit)[] =>
  limit.type === 'Pod'
    ? ['max', 'min', 'maxLimitRequestRatio']
    : ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio']

const keysOf = (limit: Limit): string[] => [
  ...new Set(kept(limit).flatMap((field) => Object.keys((limit[field] ?? {}) as Amounts))),
]

function nameCauses(at: string, limit: Limit): Cause[] {
  const nameOf = limit.type === 'Pod' || limit.type === 'Container' ? containerResourceNameCauses : resourceNameCauses
  const barred = (['default', 'defaultRequest'] as const).filter((field) => limit.type === 'Pod' && limit[field])
  const unlimited =
    limit.type === 'PersistentVolumeClaim' &&
    limit.min?.['storage'] === undefined &&
    limit.max?.['storage'] === undefined
  const names = (fields: readonly (keyof Limit)[]): Cause[] =>
    fields.flatMap((field) =>
      Object.keys((limit[field] ?? {}) as Amounts).flatMap((name) => nameOf(`${at}.${field}[${name}]`, name)),
    )
  return [
    ...names(kept(limit).slice(0, -1)),
    ...barred.map((field) => forbiddenValue(`${at}.${field}`, "may not be specified when `type` is 'Pod'")),
    ...(unlimited
      ? [required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...names(['maxLimitRequestRatio']),
  ]
}

/** Which of two amounts has to be no more than the other, where the message goes, and whose amount it shows. */
const orders = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const

function amountCauses(at: string, limit: Limit, name: string): Cause[] {
  const text = (field: keyof Limit): string | undefined =>
    kept(limit).includes(field) ? (limit[field] as Amounts | undefined)?.[name] : undefined
  const more = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && amount(a) > amount(b)
  const causes = orders
    .filter(([low, high]) => more(text(low), text(high)))
    .map(([low, high, field, shown, lowName, highName]) =>
      invalidValue(
        `${at}.${field}[${name}]`,
        text(shown),
        `${lowName} ${text(low)} is greater than ${highName} ${text(high)}`,
      ),
    )
  const [usual, asked] = [text('default'), text('defaultRequest')]
  const differs = usual !== undefined && asked !== undefined && amount(usual) !== amount(asked)
  return [
    ...causes,
    ...ratioCauses(`${at}.maxLimitRequestRatio[${name}]`, text('maxLimitRequestRatio'), text('min'), text('max')),
    ...(differs && !isOvercommitAllowed(name)
      ? [
          invalidValue(
            `${at}.defaultRequest[${name}]`,
            asked,
            `default value ${usual} must equal to defaultRequest value ${asked} in ${name}`,
          ),
        ]
      : []),
  ]
}

const amount = (text: string): number => parseQuantity(text) ?? 0

function ratioCauses(
  field: string,
  ratio: string | undefined,
  min: string | undefined,
  max: string | undefined,
): Cause[] {
  if (ratio === undefined) return []
  const most = min === undefined || max === undefined ? Infinity : amount(max) / amount(min)
  const wrong = (text: string): Cause => invalidValue(field, canonicalQuantity(ratio), `ratio ${ratio} is ${text}`)
  return [
    ...(amount(ratio) < 1 ? [wrong('less than 1')] : []),
    ...(amount(ratio) > most ? [wrong(`greater than max/min = ${most.toFixed(6)}`)] : []),
  ]
}
