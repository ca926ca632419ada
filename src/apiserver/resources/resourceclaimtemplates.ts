import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { ageColumn } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { requestedAdminCauses } from '../rules/device-admin.ts'
import { claimCauses, withClaimDefaults, type ClaimSpec } from '../rules/device-claim.ts'
import { goShape } from '../rules/go-diff.ts'
import { labelCauses } from '../rules/label-selector.ts'
import { annotationCauses } from '../rules/metadata.ts'

type Template = KubeObject & {
  readonly spec?: { readonly metadata?: KubeObject['metadata']; readonly spec?: ClaimSpec }
}

/** Source: k8s.io/kubernetes/pkg/apis/resource/validation, ValidateResourceClaimTemplate. */
function causes(
  template: KubeObject,
  before: KubeObject | undefined,
  _subresource: string,
  objects: Objects,
): Required<StatusCause>[] {
  const { spec = {}, metadata } = template as Template
  const whole = [...metadataCauses(spec.metadata ?? {}), ...claimCauses(spec.spec ?? {}, 'spec.spec')]
  if (before === undefined)
    return [...requestedAdminCauses(spec.spec?.devices?.requests ?? [], metadata.namespace ?? '', objects), ...whole]
  if (deepEqual(spec, before.spec)) return whole
  const shown = { ...spec.metadata, Spec: goShape('resource-v1.ResourceClaimSpec', spec.spec) }
  return [...whole, invalidValue('spec', shown, 'field is immutable')]
}

const notForTemplates = messageOf('meta-v1.ObjectMeta')
  .fields.map(({ name }) => name)
  .filter((name) => name !== 'labels' && name !== 'annotations')

/** What claims are called and who owns them isn't the template's to say. Source: ValidateTemplateObjectMeta. */
function metadataCauses(metadata: Partial<KubeObject['metadata']>): Required<StatusCause>[] {
  const at = 'spec.metadata'
  return [
    ...annotationCauses(metadata.annotations ?? {}, `${at}.annotations`),
    ...labelCauses(`${at}.labels`, metadata.labels),
    ...notForTemplates
      .filter((name) => sentAs(metadata, name) !== undefined)
      .map((name) => forbiddenValue(`${at}.${name}`, 'cannot be set')),
  ]
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
