import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { addressCauses, type ParentReference } from '../rules/ip-address.ts'

function parentText({ spec }: KubeObject): string {
  const parent = (spec as { parentRef?: ParentReference } | undefined)?.parentRef
  if (parent === undefined) return '<none>'
  const { group = '', resource = '', namespace = '', name = '' } = parent
  const what = (group === '' ? resource : `${resource}.${group}`).toLowerCase()
  return [what, ...(namespace === '' ? [] : [namespace]), name].join('/')
}

export const ipAddresses = builtIn({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  kind: 'IPAddress',
  namespaced: false,
  shortNames: ['ip'],
  validate: addressCauses,
  documented: {
    ParentRef:
      'ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.',
  },
  columns: [computed('ParentRef', 'string', parentText), { ...ageColumn, unnamed: true }],
})
