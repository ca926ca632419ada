import { deepEqual, isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { goShape } from '../rules/go-diff.ts'
import { atMostAll, intOrPercentCauses, isNone, nonNegatives } from '../rules/numbers.ts'
import {
  immutableSelector,
  labelsText,
  selectorAndTemplateCauses,
  templateColumns,
  workloadDefaults,
} from '../rules/workload.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { templateWarnings } from '../rules/template-warnings.ts'

type DaemonSet = KubeObject & {
  spec?: {
    updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
    template?: { spec?: { nodeSelector?: Record<string, string> } }
  }
}

const generationKey = 'deprecated.daemonset.template.generation'

/** What the annotation counts: a field of the real server's own. Source: pkg/apis/apps/v1/conversion.go. */
const templateGeneration = ({ metadata: { annotations } }: KubeObject): number =>
  Number(annotations?.[generationKey] ?? 0)

const withTemplateGeneration = ({ metadata, ...daemonSet }: KubeObject, count: number): KubeObject => ({
  ...daemonSet,
  metadata: { ...metadata, annotations: { ...metadata.annotations, [generationKey]: String(count) } },
})

/** A strategy without numbers gets the usual ones. */
const withWorkloadDefaults = workloadDefaults(() => ({
  updateStrategy: { type: 'RollingUpdate' },
  revisionHistoryLimit: 10,
}))

function withDefaults(object: KubeObject): KubeObject {
  const daemonSet = withWorkloadDefaults(object) as DaemonSet
  const { type = 'RollingUpdate', rollingUpdate } = daemonSet.spec?.updateStrategy ?? {}
  const rolling = { rollingUpdate: { maxUnavailable: 1, maxSurge: 0, ...rollingUpdate } }
  const others = isRecord(rollingUpdate) ? { rollingUpdate: { maxUnavailable: 0, maxSurge: 0, ...rollingUpdate } } : {}
  const updateStrategy = { type, ...(type === 'RollingUpdate' ? rolling : others) }
  const counted = withTemplateGeneration(daemonSet, templateGeneration(daemonSet))
  return { ...counted, spec: { ...daemonSet.spec, updateStrategy } }
}

const strategies = ['RollingUpdate', 'OnDelete']

/** Source: pkg/apis/apps/validation, ValidateDaemonSetUpdateStrategy. */
function strategyCauses({ spec }: DaemonSet): Required<StatusCause>[] {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  const at = 'spec.updateStrategy'
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate')
    return [notSupported(at, goShape('apps-v1.DaemonSetUpdateStrategy', spec?.updateStrategy), strategies)]
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {}
  const [unavailable, surge] = [`${at}.rollingUpdate.maxUnavailable`, `${at}.rollingUpdate.maxSurge`]
  return [
    ...intOrPercentCauses(unavailable, maxUnavailable),
    ...intOrPercentCauses(surge, maxSurge),
    ...atMostAll(unavailable, maxUnavailable),
    ...atMostAll(surge, maxSurge),
    ...(!isNone(maxUnavailable) && !isNone(maxSurge)
      ? [invalidValue(surge, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(isNone(maxUnavailable) && isNone(maxSurge) ? [required(unavailable, 'cannot be 0 when maxSurge is 0')] : []),
  ]
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
]

/** Source: pkg/apis/apps/validation, ValidateDaemonSetUpdate. */
const causes = (daemonSet: DaemonSet, before?: KubeObject): Required<StatusCause>[] => [
  ...immutableSelector(daemonSet, before),
  ...selectorAndTemplateCauses(daemonSet, { emptySelector: 'daemonset', selectorRequired: false, kind: 'DaemonSet' }),
  ...nonNegatives('spec', daemonSet.spec, ['minReadySeconds']),
  ...strategyCauses(daemonSet),
  ...nonNegatives('spec', daemonSet.spec, ['revisionHistoryLimit']),
  ...nonNegatives('status', daemonSet.status, counts),
]

export const daemonSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  status: true,
  blank: { metadata: { annotations: { 'deprecated.daemonset.template.generation': '0' } } },
  generation: true,
  warn: (daemonSet, before) => templateWarnings(daemonSet, before),
  defaults: withDefaults,
  fieldAnnotations: [generationKey],
  allocate: (daemonSet) => withTemplateGeneration(daemonSet, 1),
  keeps: (daemonSet, before) => {
    const template = ({ spec }: DaemonSet): unknown => spec?.template
    const changed = !deepEqual(template(daemonSet as DaemonSet), template(before as DaemonSet))
    return withTemplateGeneration(daemonSet, templateGeneration(before) + (changed ? 1 : 0))
  },
  validate: (daemonSet, before) => causes(daemonSet as DaemonSet, before),
  documented: {
    Desired: 'apps-v1.DaemonSetStatus.desiredNumberScheduled',
    Current: 'apps-v1.DaemonSetStatus.currentNumberScheduled',
    Ready: 'apps-v1.DaemonSetStatus.numberReady',
    'Up-to-date': 'apps-v1.DaemonSetStatus.updatedNumberScheduled',
    Available: 'apps-v1.DaemonSetStatus.numberAvailable',
    'Node Selector': 'core-v1.PodSpec.nodeSelector',
    Selector: 'apps-v1.DaemonSetSpec.selector',
  },
  columns: [
    column('Desired', 'integer', '.status.desiredNumberScheduled'),
    column('Current', 'integer', '.status.currentNumberScheduled'),
    column('Ready', 'integer', '.status.numberReady'),
    column('Up-to-date', 'integer', '.status.updatedNumberScheduled'),
    column('Available', 'integer', '.status.numberAvailable'),
    computed('Node Selector', 'string', ({ spec }: DaemonSet) => labelsText(spec?.template?.spec?.nodeSelector)),
    ageColumn,
    ...templateColumns,
  ],
})
