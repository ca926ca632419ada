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

/** A taint is as old as the slice that it comes with, where it doesn't say. */
const withTaintTimes = (slice: KubeObject): KubeObject => {
  const spec = specOf(slice)
  if (!spec.devices?.some(({ taints }) => taints?.length)) return slice
  const timeAdded = slice.metadata.creationTimestamp
  const devices = spec.devices.map((device) =>
    device.taints ? { ...device, taints: device.taints.map((taint) => ({ timeAdded, ...taint })) } : device,
  )
  return { ...slice, spec: { ...spec, devices } }
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
  settle: withTaintTimes,
  warn: driverWarnings,
  fieldSelectors: {
    'spec.nodeName': (slice) => specOf(slice).nodeName ?? '',
    'spec.driver': (slice) => specOf(slice).driver ?? '',
  },
  documented: {
    Node: 'resource-v1.ResourceSliceSpec.nodeName',
    Driver: 'resource-v1.ResourceSliceSpec.driver',
    Pool: 'resource-v1.ResourcePool.name',
  },
  columns: [
    column('Node', 'string', '.spec.nodeName'),
    column('Driver', 'string', '.spec.driver'),
    column('Pool', 'string', '.spec.pool.name'),
    ageColumn,
  ],
})
