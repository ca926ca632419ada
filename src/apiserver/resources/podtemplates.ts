import { isRecord } from '../../kube/object.ts'
import { computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { withTemplateDefaults } from '../rules/pod-spec.ts'
import { podWarnings } from '../rules/pod-warnings.ts'
import { labelsText, templateCauses } from '../rules/workload.ts'

interface Template extends KubeObject {
  readonly template?: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
    readonly spec?: { readonly containers?: readonly { readonly name?: string; readonly image?: string }[] }
  }
}

const joined = (field: 'name' | 'image') => (object: Template) =>
  (object.template?.spec?.containers ?? []).map((container) => container[field]).join(',')

export const podTemplates = builtIn({
  group: '',
  version: 'v1',
  resource: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
  returnsDeleted: true,
  generation: true,
  defaults: (object) => ({ ...object, template: withTemplateDefaults(object['template'] ?? {}) }),
  // Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodTemplate.
  validate: ({ template }) => templateCauses(isRecord(template) ? template : {}, 'template'),
  warn: ({ template, metadata }, before) =>
    before?.metadata.generation === metadata.generation ? [] : podWarnings(template, 'template.'),
  documented: {
    Containers: 'Names of each container in the template.',
    Images: 'Images referenced by each container in the template.',
    'Pod Labels': 'The labels for the pod template.',
  },
  columns: [
    computed('Containers', 'string', joined('name')),
    computed('Images', 'string', joined('image')),
    computed('Pod Labels', 'string', ({ template }: Template) => labelsText(template?.metadata?.labels)),
  ],
})
