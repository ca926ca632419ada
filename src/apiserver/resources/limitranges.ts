import { column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type Limit = Record<string, Record<string, string> | string | undefined>

const limitsOf = ({ spec }: KubeObject): Limit[] => (spec as { limits?: Limit[] } | undefined)?.limits ?? []

/** Of containers: what is not asked for is asked for as much as may be had. Source: pkg/apis/core/v1/defaults.go. */
function withRequests(limit: Limit): Limit {
  if (limit['type'] !== 'Container') return limit
  const given = (name: string): Record<string, string> => (limit[name] as Record<string, string> | undefined) ?? {}
  const usual = { ...given('max'), ...given('default') }
  const asked = { ...given('min'), ...usual, ...given('defaultRequest') }
  return {
    ...limit,
    ...(Object.keys(usual).length === 0 ? {} : { default: usual }),
    ...(Object.keys(asked).length === 0 ? {} : { defaultRequest: asked }),
  }
}

export const limitRanges = builtIn({
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  defaults: (range) => ({
    ...range,
    spec: { ...(range.spec as object | undefined), limits: limitsOf(range).map(withRequests) },
  }),
  columns: [column('Created At', 'date', '.metadata.creationTimestamp')],
})
