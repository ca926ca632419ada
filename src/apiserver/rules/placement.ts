/** Where a pod may run. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateTolerations, validateAffinity. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'

type Cause = Required<StatusCause>

/** What a taint does, and what a toleration bears. */
export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export function tolerationCauses(tolerations: readonly Toleration[], at: string): Cause[] {
  return tolerations.flatMap(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, index) => {
    const path = `${at}[${index}]`
    const causes = key === '' ? [] : spelled(`${path}.key`, key, qualifiedNameProblems)
    if (key === '' && operator !== 'Exists')
      causes.push(
        invalidValue(
          `${path}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      causes.push(invalidValue(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === '' || operator === 'Equal') {
      const problems = labelValueProblems(value)
      if (problems.length > 0) causes.push(invalidValue(`${path}.operator`, value, problems.join(';')))
    } else if (operator === 'Exists') {
      if (value !== '')
        causes.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    } else causes.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
    if (effect !== '') causes.push(...oneOf(`${path}.effect`, effect, taintEffects))
    return causes
  })
}

export function affinityCauses(affinity: unknown, at: string): Cause[] {
  const node = isRecord(affinity) && isRecord(affinity['nodeAffinity']) ? affinity['nodeAffinity'] : {}
  const { requiredDuringSchedulingIgnoredDuringExecution: demand } = node
  if (!isRecord(demand)) return []
  const terms = demand['nodeSelectorTerms']
  return Array.isArray(terms) && terms.length > 0
    ? []
    : [
        required(
          `${at}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
          'must have at least one node selector term',
        ),
      ]
}
