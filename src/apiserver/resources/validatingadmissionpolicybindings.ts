import { matchDefaults } from '../admission/policy-match.ts'
import { policyBindingCauses } from '../admission/policy-binding-rules.ts'
import type { PolicyBinding } from '../admission/policy.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn } from '../definition.ts'

function paramText({ spec }: PolicyBinding): string {
  const { name, namespace = '*' } = spec?.paramRef ?? {}
  return name === undefined ? '<unset>' : `${namespace}/${name}`
}

export const validatingAdmissionPolicyBindings = builtIn({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
  namespaced: false,
  lockedUpdates: true,
  categories: ['api-extensions'],
  generation: true,
  defaults: (binding) => {
    const { spec } = binding as PolicyBinding
    if (spec?.matchResources === undefined) return binding
    return { ...binding, spec: { ...spec, matchResources: matchDefaults(spec.matchResources) } }
  },
  validate: (binding) => policyBindingCauses(binding as PolicyBinding),
  documented: {
    PolicyName: 'PolicyName indicates the policy definition which the policy binding binded to',
    ParamRef: 'ParamRef indicates the param resource which sets the configuration param',
  },
  columns: [column('PolicyName', 'string', '.spec.policyName'), computed('ParamRef', 'string', paramText), ageColumn],
})
