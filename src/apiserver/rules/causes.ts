/** The ways in which most values are wrong. */
import { isAlike } from '../../kube/object.ts'
import { invalidValue, notSupported, type StatusCause } from '../../kube/status.ts'
import type { Syntax } from '../../kube/syntax.ts'

type Cause = Required<StatusCause>

/** Not one of the choices. */
export const oneOf = (field: string, value: unknown, choices: readonly unknown[]): Cause[] =>
  choices.includes(value) ? [] : [notSupported(field, value, choices)]

/** Not spelled as it has to be: one cause for each thing that is wrong. */
export const spelled = (field: string, value: string, problems: Syntax): Cause[] =>
  problems(value).map((problem) => invalidValue(field, value, problem))

/** Another than it was. */
export const immutable = (field: string, value: unknown, before: unknown): Cause[] =>
  isAlike(value, before) ? [] : [invalidValue(field, value ?? null, 'field is immutable')]

/** Something that is wrong as a whole: its value is not shown. */
export const wrong = (field: string, text: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${text}`,
  field,
})
