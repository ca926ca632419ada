import { createdAtColumn } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { limitCauses, withRequests, type Limit } from '../rules/limit-range.ts'

const limitsOf = ({ spec }: KubeObject): Limit[] => (spec as { limits?: Limit[] } | undefined)?.limits ?? []

export const limitRanges = builtIn({
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  createdByUpdate: true,
  namesItself: true,
  shortNames: ['limits'],
  defaults: (range) =>
    limitsOf(range).length === 0
      ? range
      : { ...range, spec: { ...(range.spec as object), limits: limitsOf(range).map(withRequests) } },
  validate: (range) => limitCauses(limitsOf(range)),
  columns: [createdAtColumn],
})
