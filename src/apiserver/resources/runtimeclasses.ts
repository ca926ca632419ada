import { duplicate, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { goShape } from '../rules/go-diff.ts'
import { immutable, spelled } from '../rules/causes.ts'
import { labelCauses } from '../rules/label-selector.ts'
import { namedLabelWarnings } from '../rules/node-label-warnings.ts'
import { tolerationCauses, type Toleration } from '../rules/placement.ts'
import { requirementCauses } from '../rules/requirements.ts'

interface RuntimeClass extends KubeObject {
  readonly handler?: string
  readonly overhead?: { readonly podFixed?: Readonly<Record<string, string>> }
  readonly scheduling?: {
    readonly nodeSelector?: Readonly<Record<string, string>>
    readonly tolerations?: readonly Toleration[]
  }
}

/** Source: k8s.io/kubernetes/pkg/apis/node/validation. */
function causes({ handler = '', overhead, scheduling }: RuntimeClass, before?: RuntimeClass): Required<StatusCause>[] {
  const tolerations = scheduling?.tolerations ?? []
  const keys = tolerations.map(({ key, operator, value, effect }) => JSON.stringify([key, operator, value, effect]))
  return [
    ...(handler === '' ? [required('handler')] : spelled('handler', handler, labelProblems)),
    ...requirementCauses({ limits: overhead?.podFixed }, 'overhead'),
    ...labelCauses('scheduling.nodeSelector', scheduling?.nodeSelector),
    ...tolerationCauses(tolerations, 'scheduling.tolerations'),
    ...tolerations.flatMap((toleration, index) =>
      keys.indexOf(keys[index] as string) < index
        ? [duplicate(`scheduling.tolerations[${index}]`, goShape('core-v1.Toleration', toleration))]
        : [],
    ),
    ...(before === undefined ? [] : immutable('handler', handler, before.handler ?? '')),
  ]
}

export const runtimeClasses = builtIn({
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
  createdByUpdate: true,
  lockedUpdates: true,
  validate: causes,
  warn: ({ scheduling }: RuntimeClass) => namedLabelWarnings(scheduling?.nodeSelector, () => 'scheduling.nodeSelector'),
  columns: [column('Handler', 'string', '.handler'), ageColumn],
})
