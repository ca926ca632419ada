import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { sliceCauses, sliceEndpointText, slicePortText, sliceWarnings, type Slice } from '../rules/endpoint.ts'
import { deepEqual } from '../../kube/object.ts'

/** Topology is what v1beta1 had in its place. */
const untopological = (slice: KubeObject): KubeObject =>
  Array.isArray(slice['endpoints'])
    ? {
        ...slice,
        endpoints: slice['endpoints'].map(
          ({ deprecatedTopology: _, ...endpoint }: Record<string, unknown>) => endpoint,
        ),
      }
    : slice

const filled = (list: unknown): unknown => (Array.isArray(list) && list.length > 0 ? list : null)

export const endpointSlices = builtIn({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  generation: true,
  defaults: (slice) => {
    const { ports } = slice as Slice
    return Array.isArray(ports)
      ? { ...slice, ports: ports.map((port: object) => ({ name: '', protocol: 'TCP', ...port })) }
      : slice
  },
  // What is empty is stored as if it were not there.
  complete: (slice) => ({
    ...slice,
    endpoints: filled(untopological(slice)['endpoints']),
    ports: filled(slice['ports']),
  }),
  keeps: untopological,
  alsoCounted: (slice, before) => !deepEqual(slice.metadata.labels, before.metadata.labels),
  validate: (slice, before) => sliceCauses(slice, before),
  warn: (slice, before) => sliceWarnings(slice, before),
  documented: {
    AddressType: 'discovery-v1.EndpointSlice.addressType',
    Ports: 'discovery-v1.EndpointSlice.ports',
    Endpoints: 'discovery-v1.EndpointSlice.endpoints',
  },
  columns: [
    column('AddressType', 'string', '.addressType'),
    computed('Ports', 'string', slicePortText),
    computed('Endpoints', 'string', sliceEndpointText),
    ageColumn,
  ],
})
