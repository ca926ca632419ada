import { matchDefaults } from '../admission/policy-match.ts'
import { policyCauses, policyStatusCauses } from '../admission/policy-rules.ts'
import type { Policy } from '../admission/policy.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const validatingAdmissionPolicies = builtIn({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
  statusLeaves: 'metadata',
  createdByStatus: 'apply',
  lockedUpdates: true,
  categories: ['api-extensions'],
  status: true,
  generation: true,
  defaults: (policy) => {
    const { matchConstraints: match, ...spec } = (policy as Policy).spec ?? {}
    return {
      ...policy,
      spec: {
        ...spec,
        failurePolicy: spec.failurePolicy ?? 'Fail',
        ...(match === undefined ? {} : { matchConstraints: matchDefaults(match) }),
      },
    }
  },
  validate: (policy, _before, subresource) =>
    subresource === 'status' ? policyStatusCauses((policy as Policy).status) : policyCauses(policy as Policy),
  documented: {
    Validations: 'Validations indicates the number of validation rules defined in this configuration',
    ParamKind: 'ParamKind specifies the kind of resources used to parameterize this policy',
  },
  columns: [
    computed('Validations', 'integer', ({ spec }: Policy) => spec?.validations?.length ?? 0),
    computed('ParamKind', 'string', ({ spec }: Policy) =>
      spec?.paramKind === undefined ? '<unset>' : `${spec.paramKind.apiVersion}/${spec.paramKind.kind}`,
    ),
    ageColumn,
  ],
})
