import { builtIn } from '../definition.ts'

export const endpoints = builtIn({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  shortNames: ['ep'],
})
