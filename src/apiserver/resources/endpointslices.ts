import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const endpointSlices = builtIn({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  generation: true,
  defaults: (slice) => {
    const { ports } = slice as { ports?: object[] | null }
    return Array.isArray(ports)
      ? { ...slice, ports: ports.map((port) => ({ name: '', protocol: 'TCP', ...port })) }
      : slice
  },
  columns: [column('AddressType', 'string', '.addressType'), ageColumn],
})
