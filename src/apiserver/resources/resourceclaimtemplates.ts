import { deepEqual } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { ageColumn } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { claimCauses, withClaimDefaults, type ClaimSpec } from '../rules/device-claim.ts'
import { goShape } from '../rules/go-diff.ts'

type Template = KubeObject & {
  readonly spec?: { readonly metadata?: KubeObject['metadata']; readonly spec?: ClaimSpec }
}

/** Source: k8s.io/kubernetes/pkg/apis/resource/validation, ValidateResourceClaimTemplate. */
function causes(template: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const { spec = {} } = template as Template
  const whole = claimCauses(spec.spec ?? {}, 'spec.spec')
  if (before === undefined || deepEqual(spec, before.spec)) return whole
  const shown = { ...spec.metadata, Spec: goShape('resource-v1.ResourceClaimSpec', spec.spec) }
  return [...whole, invalidValue('spec', shown, 'field is immutable')]
}

export const resourceClaimTemplates = builtIn({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaimtemplates',
  kind: 'ResourceClaimTemplate',
  namespaced: true,
  returnsDeleted: true,
  defaults: (template) => {
    const { spec } = template as Template
    return { ...template, spec: { ...spec, spec: withClaimDefaults(spec?.spec) } }
  },
  validate: causes,
  columns: [ageColumn],
})
