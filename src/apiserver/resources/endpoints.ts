import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { endpointsWarnings, subsetCauses, subsetText, type Subset } from '../rules/endpoint.ts'

const subsetsOf = (endpoints: KubeObject): readonly Subset[] => (endpoints as { subsets?: Subset[] }).subsets ?? []

export const endpoints = builtIn({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  createdByUpdate: true,
  shortNames: ['ep'],
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults: (endpoints) => {
    const subsets = subsetsOf(endpoints)
    if (subsets.length === 0) return endpoints
    return {
      ...endpoints,
      subsets: subsets.map((each) => ({
        ...each,
        ...(each.ports === undefined ? {} : { ports: each.ports.map((port) => ({ protocol: 'TCP', ...port })) }),
      })),
    }
  },
  validate: (endpoints) => subsetCauses(subsetsOf(endpoints)),
  warn: (endpoints) => endpointsWarnings(endpoints, subsetsOf(endpoints)),
  documented: {
    Endpoints: 'core-v1.Endpoints.subsets',
  },
  columns: [computed('Endpoints', 'string', (each: KubeObject) => subsetText(subsetsOf(each))), ageColumn],
})
