/** What is wrong with admission policies. Source: k8s.io/kubernetes/pkg/apis/admissionregistration/validation. */
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems, qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import type { Type } from '../cel/types.ts'
import { oneOf, spelled } from '../rules/causes.ts'
import { conditionCauses as statusConditionCauses } from '../rules/conditions.ts'
import { authorizerVariables, expressionProblem } from './condition-types.ts'
import { matchCauses } from './policy-match.ts'
import { variablesOf } from './policy-variables.ts'
import type { Policy, PolicyStatus, Validation } from './policy.ts'
import { conditionCauses } from './webhook.ts'

type Cause = Required<StatusCause>

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

export function policyCauses({ spec = {}, metadata }: Policy): Cause[] {
  const { paramKind, matchConstraints, validations = [], auditAnnotations = [], variables = [] } = spec
  const seen = variablesOf(variables, paramKind !== undefined)
  const nothing = 'validations or auditAnnotations must contain at least one item'
  const keys = auditAnnotations.map(({ key = '' }) => key)
  return [
    ...oneOf('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']),
    ...(paramKind === undefined ? [] : paramKindCauses(paramKind)),
    ...(matchConstraints === undefined
      ? [required('spec.matchConstraints')]
      : [
          ...matchCauses(matchConstraints, 'spec.matchConstraints'),
          ...((matchConstraints.resourceRules ?? []).length === 0
            ? [required('spec.matchConstraints.resourceRules')]
            : []),
        ]),
    ...conditionCauses(spec.matchConditions ?? [], 'spec.matchConditions', paramKind !== undefined),
    ...seen.causes,
    ...(validations.length === 0 && auditAnnotations.length === 0
      ? [required('spec.validations', nothing), required('spec.auditAnnotations', nothing)]
      : []),
    ...validations.flatMap((validation, index) =>
      validationCauses(validation, `spec.validations[${index}]`, seen.types),
    ),
    ...auditAnnotations.flatMap(({ key = '', valueExpression = '' }, index) => {
      const at = `spec.auditAnnotations[${index}]`
      return [
        ...((metadata.name ?? '') === ''
          ? [invalidValue(`${at}.key`, key, 'requires metadata.name be non-empty')]
          : spelled(`${at}.key`, `${metadata.name}/${key}`, qualifiedNameProblems)),
        ...(valueExpression.trim() === ''
          ? [required(`${at}.valueExpression`, 'valueExpression is not specified')]
          : problemAt(`${at}.valueExpression`, valueExpression, seen.types, ['string', 'null_type'])),
        ...(keys.indexOf(key) < index ? [duplicate(`${at}.key`, key)] : []),
      ]
    }),
  ]
}

/** Source: ValidateValidatingAdmissionPolicyStatusUpdate. Whether `fieldRef` is a path isn't looked at. */
export const policyStatusCauses = ({ typeChecking, conditions = [] }: PolicyStatus = {}): Cause[] => [
  ...(typeChecking?.expressionWarnings ?? []).flatMap((each, index) =>
    (['warning', 'fieldRef'] as const)
      .filter((name) => (name === 'fieldRef' ? each[name]?.trim() : each[name]) === '')
      .map((name) => required(`status.typeChecking.expressionWarnings[${index}].${name}`)),
  ),
  ...statusConditionCauses('status.conditions', conditions),
]

function paramKindCauses({ apiVersion = '', kind = '' }: { apiVersion?: string; kind?: string }): Cause[] {
  const at = 'spec.paramKind.apiVersion'
  const parts = apiVersion.split('/')
  const [group, version] = parts.length === 1 ? ['', apiVersion] : (parts as [string, string])
  const joined = (field: string, value: string, problems: readonly string[], before = ''): Cause[] =>
    problems.length === 0 ? [] : [invalidValue(field, value, `${before}${problems.join(',')}`)]
  const versionCauses =
    apiVersion === ''
      ? [required(at)]
      : parts.length > 2
        ? [invalidValue(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
        : [
            ...(group === '' ? [] : joined(at, group, subdomainProblems(group))),
            ...(version === ''
              ? [invalidValue(at, apiVersion, 'version must be specified')]
              : joined(at, version, label1035Problems(version))),
          ]
  const mixed = 'may have mixed case, but should otherwise match: '
  return [
    ...versionCauses,
    ...(kind === ''
      ? [required('spec.paramKind.kind')]
      : joined('spec.paramKind.kind', kind, label1035Problems(kind.toLowerCase()), mixed)),
  ]
}

function problemAt(
  at: string,
  expression: string,
  types: ReadonlyMap<string, Type>,
  wanted?: readonly string[],
): Cause[] {
  const problem = expressionProblem(expression, types, wanted)
  return problem === undefined ? [] : [invalidValue(at, expression, problem)]
}

function validationCauses(
  { expression = '', message = '', messageExpression = '', reason }: Validation,
  at: string,
  types: ReadonlyMap<string, Type>,
): Cause[] {
  const withoutAuthorizer = new Map([...types].filter(([name]) => !authorizerVariables.has(name)))
  return [
    ...(expression.trim() === ''
      ? [required(`${at}.expression`, 'expression is not specified')]
      : problemAt(`${at}.expression`, expression, types)),
    ...(messageExpression !== '' && messageExpression.trim() === ''
      ? [invalidValue(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified')]
      : messageExpression === ''
        ? []
        : problemAt(`${at}.messageExpression`, messageExpression, withoutAuthorizer, ['string'])),
    ...(message !== '' && message.trim() === ''
      ? [invalidValue(`${at}.message`, message, 'must be non-empty if specified')]
      : /[\n\r]/.test(message.trim())
        ? [invalidValue(`${at}.message`, message, 'must not contain line breaks')]
        : []),
    ...(reason === undefined ? [] : oneOf(`${at}.reason`, reason, reasons)),
  ]
}
