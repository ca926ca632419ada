import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { sliceCauses, type SliceSpec } from '../rules/device-slice.ts'

const specOf = ({ spec }: KubeObject): SliceSpec => spec ?? {}

const driverWarnings = (slice: KubeObject): string[] => {
  const { driver = '' } = specOf(slice)
  return driver === driver.toLowerCase()
    ? []
    : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]
}

export const resourceSlices = builtIn({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
  generation: true,
  returnsDeleted: true,
  validate: (slice, before) => sliceCauses(specOf(slice), before === undefined ? undefined : specOf(before)),
  warn: driverWarnings,
  fieldSelectors: {
    'spec.nodeName': (slice) => specOf(slice).nodeName ?? '',
    'spec.driver': (slice) => specOf(slice).driver ?? '',
  },
  columns: [
    column('Node', 'string', '.spec.nodeName'),
    column('Driver', 'string', '.spec.driver'),
    column('Pool', 'string', '.spec.pool.name'),
    ageColumn,
  ],
})
