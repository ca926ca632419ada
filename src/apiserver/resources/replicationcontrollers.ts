import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject, type LabelMap } from '../definition.ts'
import { nonNegatives } from '../rules/numbers.ts'
import { nameWarnings, templateWarnings } from '../rules/template-warnings.ts'
import { containerColumns, labelsText, podTemplateCauses, replicaStatusCauses, sentLabels } from '../rules/workload.ts'
import { withTemplateDefaults } from '../rules/pod-spec.ts'
import { workloadScale } from '../subresources/scale.ts'

type Controller = KubeObject & {
  readonly spec?: {
    readonly selector?: LabelMap
    readonly template?: { readonly metadata?: { readonly labels?: LabelMap } }
  }
}

const isEmpty = (labels: LabelMap | undefined): boolean => Object.keys(labels ?? {}).length === 0

/** What it does not say is what its template's labels are. Source: SetDefaults_ReplicationController. */
function withDefaults(object: KubeObject): KubeObject {
  const { metadata, spec, ...controller } = object as Controller
  const { selector, template } = spec ?? {}
  const labels = template?.metadata?.labels
  const labelled = labels === undefined || !isEmpty(metadata.labels) ? metadata : { ...metadata, labels }
  const selecting = labels === undefined || !isEmpty(selector) ? {} : { selector: labels }
  const whole = template === undefined ? {} : { template: withTemplateDefaults(template) }
  return {
    ...controller,
    metadata: labelled,
    spec: { replicas: 1, ...spec, ...selecting, ...whole },
  }
}

/** Source: ValidateReplicationControllerSpec. */
function causes(controller: KubeObject): Required<StatusCause>[] {
  const { spec, status } = controller as Controller
  const { selector, template } = spec ?? {}
  const labels = template?.metadata?.labels
  const fits = template === undefined || Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value)
  return [
    ...nonNegatives('spec', spec, ['minReadySeconds']),
    ...(isEmpty(selector) ? [required('spec.selector')] : []),
    ...nonNegatives('spec', spec, ['replicas']),
    ...(template === undefined ? [required('spec.template')] : []),
    ...(fits
      ? []
      : [
          invalidValue(
            'spec.template.metadata.labels',
            sentLabels(template),
            '`selector` does not match template `labels`',
          ),
        ]),
    ...(isRecord(template) ? podTemplateCauses(template, 'ReplicationController') : []),
    ...replicaStatusCauses(status, counts, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
  ]
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']

export const replicationControllers = builtIn({
  group: '',
  version: 'v1',
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  status: true,
  generation: true,
  orphansDependents: true,
  scale: workloadScale,
  defaults: withDefaults,
  validate: causes,
  // Of an update the real server looks at the template that there was.
  warn: (controller, before) => [
    ...nameWarnings(controller, before),
    ...(before === undefined ? templateWarnings(controller) : templateWarnings(before, controller)),
  ],
  fieldSelectors: {
    'status.replicas': ({ status }) => String((status as { replicas?: number } | undefined)?.replicas ?? 0),
  },
  documented: {
    Desired: 'core-v1.ReplicationControllerSpec.replicas',
    Current: 'core-v1.ReplicationControllerStatus.replicas',
    Ready: 'core-v1.ReplicationControllerStatus.readyReplicas',
    Selector: 'core-v1.ReplicationControllerSpec.selector',
  },
  columns: [
    column('Desired', 'integer', '.spec.replicas'),
    column('Current', 'integer', '.status.replicas'),
    column('Ready', 'integer', '.status.readyReplicas'),
    ageColumn,
    ...containerColumns,
    computed('Selector', 'string', ({ spec }: Controller) => labelsText(spec?.selector), 1),
  ],
})
