import { normalize } from '../../kube/types/normalize.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { builtIn, type KubeObject, type ResourceDefinition } from '../definition.ts'
import { autoscalerCauses, type Autoscaler } from '../rules/autoscaler.ts'
import { autoscalerColumns, autoscalerFields } from '../rules/autoscaler-columns.ts'
import { withAutoscalerDefaults } from '../rules/autoscaler-defaults.ts'
import { fieldAnnotations, fromOld, toOld } from '../rules/autoscaler-v1.ts'

const both = {
  group: 'autoscaling',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  storedAs: 'autoscaling/v2/HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  status: true,
  documented: autoscalerFields,
  sibling: (apiVersion: string): ResourceDefinition | undefined =>
    [horizontalPodAutoscalers, oldHorizontalPodAutoscalers].find(
      ({ version }) => apiVersion === `autoscaling/${version}`,
    ),
  convert: async (objects: readonly KubeObject[], apiVersion: string) =>
    objects.map((object) => {
      if (object.apiVersion === apiVersion) return object
      const [from, converted] = apiVersion === 'autoscaling/v1' ? (['v2', toOld] as const) : (['v1', fromOld] as const)
      // What managers own of an object may lack what its type always has, and say more than it holds.
      const message = messageOf(`autoscaling-${from}.HorizontalPodAutoscaler`)
      return converted(normalize(message, object, () => {}, undefined, true) as never)
    }),
}

/** Objects are stored in this version. */
export const horizontalPodAutoscalers = builtIn({
  ...both,
  version: 'v2',
  defaults: withAutoscalerDefaults,
  validate: (autoscaler, before, subresource) =>
    autoscalerCauses(autoscaler as Autoscaler, before as Autoscaler | undefined, subresource),
  columns: autoscalerColumns((object) => object as Autoscaler),
})

/** What it has no fields for is in annotations. */
export const oldHorizontalPodAutoscalers = builtIn({
  ...both,
  version: 'v1',
  storage: horizontalPodAutoscalers,
  fieldAnnotations,
  defaults: (autoscaler) => toOld(withAutoscalerDefaults(fromOld(autoscaler))),
  // What an annotation says of the status isn't said by who writes the spec either.
  keeps: (autoscaler, before, _, subresource) =>
    subresource === '' ? toOld({ ...fromOld(autoscaler), status: fromOld(before).status }) : autoscaler,
  validate: (autoscaler, before, subresource) =>
    autoscalerCauses(fromOld(autoscaler), before === undefined ? undefined : fromOld(before), subresource),
  columns: autoscalerColumns(fromOld),
})
