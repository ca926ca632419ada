/**
 * What of the selectors in a question about access could not be read: it is left out, so the answer is about more
 * than was asked. Source: k8s.io/kubernetes/pkg/registry/authorization/util, BuildEvaluationError.
 */
import { isRecord } from '../../kube/object.ts'
import { parseFieldSelector, parseLabelSelector } from '../../kube/selector.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'

interface Requirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[] | null
}

type Selector = 'fieldSelector' | 'labelSelector'

/** Empty where all could be read. */
export function evaluationError(resourceAttributes: unknown): string {
  const told = (['fieldSelector', 'labelSelector'] as const).flatMap((name) => {
    const selector = isRecord(resourceAttributes) ? resourceAttributes[name] : undefined
    const ignored = isRecord(selector) ? ignoredOf(name, selector) : ''
    return ignored === '' ? [] : [`spec.resourceAttributes.${name} ${ignored} due to parse error`]
  })
  return told.join('; ')
}

function ignoredOf(name: Selector, { rawSelector, requirements }: Record<string, unknown>): string {
  const each = Array.isArray(requirements) ? (requirements as Requirement[]) : []
  if (each.length === 0)
    return typeof rawSelector === 'string' && rawSelector !== '' && !parses(name, rawSelector) ? 'ignored' : ''
  const read = each.filter(name === 'fieldSelector' ? isField : isLabel)
  return read.length === each.length ? '' : read.length > 0 ? 'partially ignored' : 'ignored'
}

function parses(name: Selector, text: string): boolean {
  try {
    if (name === 'fieldSelector') parseFieldSelector(text)
    else parseLabelSelector(text)
    return true
  } catch {
    return false
  }
}

/** Fields have one value, or one that they don't have. */
const isField = ({ operator = '', values }: Requirement): boolean =>
  ['In', 'NotIn'].includes(operator) && values?.length === 1

function isLabel({ key = '', operator = '', values }: Requirement): boolean {
  const counted = operator === 'In' || operator === 'NotIn'
  return (
    (counted ? (values ?? []).length > 0 : ['Exists', 'DoesNotExist'].includes(operator)) &&
    qualifiedNameProblems(key).length === 0 &&
    (values ?? []).every((value) => labelValueProblems(value).length === 0)
  )
}
