/** What is wrong with a question about access. Source: k8s.io/kubernetes/pkg/apis/authorization/validation. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { spelled } from '../rules/causes.ts'
import { selectorOperatorCauses } from '../rules/label-selector.ts'
import { goStruct } from '../rules/numbers.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>
type Json = Record<string, unknown>

/** About oneself, about others, or about others in one namespace. */
export function reviewCauses(object: KubeObject, kind: 'self' | 'anywhere' | 'local'): Cause[] {
  const spec: Json = isRecord(object.spec) ? object.spec : {}
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec
  const causes: Cause[] = []
  const shownPath = goStruct({ path: '', verb: '', ...(isRecord(path) ? path : {}) }, ['Path', 'Verb'])
  if (isRecord(asked) && isRecord(path))
    causes.push(
      invalidValue(
        'spec.nonResourceAttributes',
        shownPath,
        'cannot be specified in combination with resourceAttributes',
      ),
    )
  if (!isRecord(asked) && !isRecord(path))
    causes.push(
      invalidValue(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    )
  const nobody = (spec['user'] ?? '') === '' && !filled(spec['groups'])
  if (kind !== 'self' && nobody)
    causes.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'))
  if (isRecord(asked))
    causes.push(
      ...selectorCauses(asked['fieldSelector'], 'fieldSelector'),
      ...selectorCauses(asked['labelSelector'], 'labelSelector'),
    )
  causes.push(...metadataCauses(object, kind === 'local'))
  if (kind === 'local') causes.push(...localCauses(object, asked, path, shownPath))
  return causes
}

function metadataCauses({ metadata }: KubeObject, local: boolean): Cause[] {
  const { managedFields: _, namespace, ...rest } = metadata
  const said = Object.entries({ ...rest, ...(local ? {} : { namespace }) }).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  return said.length === 0
    ? []
    : [invalidValue('metadata', metadata, local ? 'must be empty except for namespace' : 'must be empty')]
}

function localCauses(
  { metadata: { namespace = '' } }: KubeObject,
  asked: unknown,
  path: unknown,
  shown: object,
): Cause[] {
  const named = isRecord(asked) ? (asked['namespace'] ?? '') : namespace
  return [
    ...(named === namespace
      ? []
      : [invalidValue('spec.resourceAttributes.namespace', named, 'must match metadata.namespace')]),
    ...(isRecord(path)
      ? [invalidValue('spec.nonResourceAttributes', shown, 'disallowed on this kind of request')]
      : []),
  ]
}

const filled = (value: unknown): value is unknown[] => Array.isArray(value) && value.length > 0

function selectorCauses(selector: unknown, name: 'fieldSelector' | 'labelSelector'): Cause[] {
  if (!isRecord(selector)) return []
  const at = `spec.resourceAttributes.${name}`
  const { rawSelector = '', requirements } = selector
  const causes: Cause[] = []
  if (rawSelector !== '' && filled(requirements))
    causes.push(invalidValue(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'))
  if (rawSelector === '' && !filled(requirements))
    causes.push(required(`${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`))
  const each = filled(requirements) ? requirements.filter(isRecord) : []
  return [
    ...causes,
    ...each.flatMap((requirement, index) => requirementCauses(requirement, `${at}.requirements[${index}]`, name)),
  ]
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** Operators that nobody knows pass: newer clients may. */
function requirementCauses(requirement: Json, at: string, name: 'fieldSelector' | 'labelSelector'): Cause[] {
  const {
    key = '',
    operator = '',
    values,
  } = requirement as { key?: string; operator?: string; values?: string[] | null }
  const counted = operators.includes(operator) ? selectorOperatorCauses(at, operator, values ?? []) : []
  if (name === 'fieldSelector') return [...(key === '' ? [required(`${at}.key`, 'must be specified')] : []), ...counted]
  return [
    ...counted,
    ...spelled(`${at}.key`, key, qualifiedNameProblems),
    ...(values ?? []).flatMap((value, index) => spelled(`${at}.values[${index}]`, value, labelValueProblems)),
  ]
}
