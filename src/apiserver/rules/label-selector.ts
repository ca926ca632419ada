/** Selectors inside of objects. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateLabelSelector. */
import type { LabelSelector } from '../../kube/selector.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>
type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

export function labelCauses(path: string, labels: Readonly<Record<string, unknown>> | null | undefined): Cause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...spelled(path, key, qualifiedNameProblems),
    ...spelled(path, String(value), labelValueProblems),
  ])
}

export const labelSelectorCauses = (path: string, selector: LabelSelector | undefined): Cause[] => [
  ...labelCauses(`${path}.matchLabels`, selector?.matchLabels),
  ...(selector?.matchExpressions ?? []).flatMap((expression, index) =>
    expressionCauses(`${path}.matchExpressions[${index}]`, expression),
  ),
]

function expressionCauses(path: string, { key, operator, values = [] }: Expression): Cause[] {
  return [
    ...selectorOperatorCauses(path, operator, values),
    ...spelled(`${path}.key`, key, qualifiedNameProblems),
    ...values.flatMap((value, index) => spelled(`${path}.values[${index}]`, value, labelValueProblems)),
  ]
}

/** How many values an operator takes. */
export function selectorOperatorCauses(path: string, operator: string, values: readonly string[]): Cause[] {
  if (operator === 'In' || operator === 'NotIn')
    return values.length > 0 ? [] : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  if (operator === 'Exists' || operator === 'DoesNotExist')
    return values.length === 0
      ? []
      : [forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')]
}
