import { builtIn } from '../definition.ts'

export const endpoints = builtIn({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  shortNames: ['ep'],
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults: (endpoints) => {
    const { subsets } = endpoints as { subsets?: { ports?: object[] }[] }
    if (subsets === undefined) return endpoints
    const withProtocol = (port: object): object => ({ protocol: 'TCP', ...port })
    return {
      ...endpoints,
      subsets: subsets.map((each) => ({
        ...each,
        ...(each.ports === undefined ? {} : { ports: each.ports.map(withProtocol) }),
      })),
    }
  },
})
