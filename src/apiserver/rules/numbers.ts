/** Numbers, percentages, and how Go shows what holds them. Source: k8s.io/kubernetes/pkg/apis/{apps,core}/validation. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'

type Cause = Required<StatusCause>

/** What isn't set is zero or left alone: either passes. */
export const nonNegative = (field: string, value: unknown): Cause[] =>
  typeof value === 'number' && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []

/** The fields of one object that may not be negative, in the order in which they are looked at. */
export function nonNegatives(path: string, object: unknown, names: readonly string[]): Cause[] {
  return isRecord(object) ? names.flatMap((name) => nonNegative(`${path}.${name}`, object[name])) : []
}

/** Source: ValidatePositiveIntOrPercent. */
export function intOrPercentCauses(field: string, value: unknown): Cause[] {
  if (typeof value === 'number') return nonNegative(field, value)
  return typeof value === 'string' && !/^[0-9]+%$/.test(value)
    ? [
        invalidValue(
          field,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ]
    : []
}

/** Source: IsNotMoreThan100Percent. */
export const atMostAll = (field: string, value: unknown): Cause[] =>
  typeof value === 'string' && /^[0-9]+%$/.test(value) && parseInt(value, 10) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : []

/** Neither is what is no number. Source: getIntOrPercentValue. */
export const isNone = (value: unknown): boolean =>
  value === undefined || value === 0 || (typeof value === 'string' && !/^[+-]?0*[1-9]\d*%?$/.test(value))

/** A struct of an internal type as its JSON shows it: the names of Go, and null for what isn't set. */
export const goStruct = (value: unknown, names: readonly string[]): object =>
  Object.fromEntries(
    names.map((name) => [name, (isRecord(value) ? value[`${name[0]?.toLowerCase()}${name.slice(1)}`] : null) ?? null]),
  )
