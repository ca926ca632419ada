import { column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const limitRanges = builtIn({
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  columns: [column('Created At', 'date', '.metadata.creationTimestamp')],
})
