import { builtIn } from '../definition.ts'
import { bind } from '../subresources/binding.ts'

export const bindings = builtIn({
  group: '',
  version: 'v1',
  resource: 'bindings',
  kind: 'Binding',
  namespaced: true,
  verbs: ['create'],
  untabled: 'all',
  order: bind,
})
