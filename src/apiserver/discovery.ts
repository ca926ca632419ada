/** What the server serves, as clients ask for it: `/api`, `/apis`, and the resources of each group and version. */
import { apiVersionOf } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** The answer to a discovery path; undefined when it is none, or names nothing that is served. */
export function discovery(path: string, definitions: Iterable<ResourceDefinition>): unknown {
  const parts = path.split('/').filter((part) => part !== '')
  const all = [...definitions]
  if (parts[0] === 'api') {
    if (parts.length === 1) {
      return {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
      }
    }
    return parts.length === 2 ? resources(all, '', parts[1] as string) : undefined
  }
  if (parts[0] !== 'apis') return undefined
  if (parts.length === 1)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(all).map((name) => group(all, name)) }
  const name = parts[1] as string
  if (parts.length === 2)
    return groupsOf(all).includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(all, name) } : undefined
  return parts.length === 3 ? resources(all, name, parts[2] as string) : undefined
}

const groupsOf = (definitions: readonly ResourceDefinition[]): string[] =>
  [...new Set(definitions.map((definition) => definition.group))].filter((name) => name !== '')

function group(
  definitions: readonly ResourceDefinition[],
  name: string,
): { name: string; versions: unknown[]; preferredVersion: unknown } {
  const versions = [
    ...new Set(definitions.filter((definition) => definition.group === name).map((definition) => definition.version)),
  ].map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }))
  return { name, versions, preferredVersion: versions[0] }
}

function resources(definitions: readonly ResourceDefinition[], groupName: string, version: string): unknown {
  const served = definitions.filter((definition) => definition.group === groupName && definition.version === version)
  const first = served[0]
  if (first === undefined) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: served.flatMap((definition) => [
      {
        name: definition.resource,
        singularName: definition.singular,
        namespaced: definition.namespaced,
        kind: definition.kind,
        verbs: allVerbs,
        ...(definition.shortNames === undefined ? {} : { shortNames: definition.shortNames }),
        ...(definition.categories === undefined ? {} : { categories: definition.categories }),
      },
      ...(definition.status === true
        ? [
            {
              name: `${definition.resource}/status`,
              singularName: '',
              namespaced: definition.namespaced,
              kind: definition.kind,
              verbs: ['get', 'patch', 'update'],
            },
          ]
        : []),
    ]),
  }
}
