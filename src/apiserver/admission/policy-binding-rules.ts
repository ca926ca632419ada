/** What is wrong with bindings of admission policies. Source: k8s.io/kubernetes/pkg/apis/admissionregistration/validation. */
import { duplicate, forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from '../rules/causes.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { pathSegmentProblems } from '../rules/metadata.ts'
import { matchCauses } from './policy-match.ts'
import type { ParamRef, PolicyBinding } from './policy.ts'

type Cause = Required<StatusCause>

const actions = ['Audit', 'Deny', 'Warn']

export function policyBindingCauses({ spec = {} }: PolicyBinding): Cause[] {
  const { policyName = '', paramRef, matchResources, validationActions = [] } = spec
  const at = 'spec.validationActions'
  const both =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
  return [
    ...(policyName === '' ? [required('spec.policyName')] : spelled('spec.policyName', policyName, subdomainProblems)),
    ...(paramRef === undefined ? [] : paramRefCauses(paramRef)),
    ...(matchResources === undefined ? [] : matchCauses(matchResources, 'spec.matchResources')),
    ...validationActions.flatMap((action, index) => [
      ...oneOf(`${at}[${index}]`, action, actions),
      ...(validationActions.indexOf(action) < index ? [duplicate(`${at}[${index}]`, action)] : []),
    ]),
    ...(validationActions.includes('Deny') && validationActions.includes('Warn')
      ? [invalidValue(at, validationActions, both)]
      : []),
    ...(validationActions.length === 0 ? [required(at, 'at least one validation action is required')] : []),
  ]
}

function paramRefCauses({ name = '', selector, parameterNotFoundAction: action = '' }: ParamRef): Cause[] {
  const at = 'spec.paramRef'
  const exclusive = 'name and selector are mutually exclusive'
  const both = name !== '' && selector !== undefined
  return [
    ...(name === '' ? [] : spelled(`${at}.name`, name, pathSegmentProblems)),
    ...(both ? [forbiddenValue(`${at}.name`, exclusive)] : []),
    ...labelSelectorCauses(`${at}.selector`, selector),
    ...(both ? [forbiddenValue(`${at}.selector`, exclusive)] : []),
    ...(name === '' && selector === undefined ? [required(at, 'one of name or selector must be specified')] : []),
    ...(action === ''
      ? [required(`${at}.parameterNotFoundAction`)]
      : action === 'Deny' || action === 'Allow'
        ? []
        : [notSupported(`${at}.parameterNotFoundAction`, action, ['Deny', 'Allow'])]),
  ]
}
