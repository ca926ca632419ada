import { type StatusCause, invalidValue } from '../../kube/status.ts'
import { ageColumn } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { isExtended } from '../rules/resources.ts'
import { configurationCauses, eachOf, selectorCauses, type Configuration, type Selector } from '../rules/device.ts'

interface Spec {
  readonly selectors?: readonly Selector[]
  readonly config?: readonly Configuration[]
  readonly extendedResourceName?: string
}

const selectorsMax = 32
const configMax = 32

/** Source: k8s.io/kubernetes/pkg/apis/resource/validation, ValidateDeviceClass. */
function causes({ spec }: KubeObject): Required<StatusCause>[] {
  const { selectors, config, extendedResourceName: extended } = (spec ?? {}) as Spec
  return [
    ...eachOf('spec.selectors', selectors, selectorsMax, selectorCauses),
    ...eachOf('spec.config', config, configMax, configurationCauses),
    ...(extended === undefined || isExtended(extended)
      ? []
      : [invalidValue('spec.extendedResourceName', extended, 'must be a valid extended resource name')]),
  ]
}

export const deviceClasses = builtIn({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'deviceclasses',
  kind: 'DeviceClass',
  namespaced: false,
  generation: true,
  returnsDeleted: true,
  validate: causes,
  columns: [ageColumn],
})
