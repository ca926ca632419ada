/**
 * What the server serves, as clients ask for it: group by group, and all at once (aggregated discovery, v2 and
 * v2beta1). Source: k8s.io/apiserver/pkg/endpoints/discovery, KEP-3352.
 */
import { createHash } from 'node:crypto'
import { jsonReply, type Exchange, type Reply } from '../kube/handler.ts'
import { apiVersionOf } from '../kube/object.ts'
import { compareVersions } from './custom/definition-of.ts'
import type { ResourceDefinition } from './definition.ts'
import { scale } from './subresources/scale.ts'

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
/** In the order in which the extensions server names them. */
const customVerbs: readonly string[] = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
]
const partVerbs = ['get', 'patch', 'update']

/** The answer to a discovery path; undefined when it is none, or names nothing that is served. */
export function discoveryReply(
  { request, headers }: Exchange,
  definitions: readonly ResourceDefinition[],
): Reply | undefined {
  const parts = request.path.split('/').filter((part) => part !== '')
  if (parts[0] !== 'api' && parts[0] !== 'apis') return undefined
  const version = parts.length === 1 ? aggregatedVersion(headers.accept) : undefined
  if (version !== undefined) return aggregated(version, parts[0] === 'api', definitions, headers['if-none-match'])
  const answer = parts[0] === 'api' ? legacyGroup(parts, definitions) : namedGroups(parts, definitions)
  return answer === undefined ? undefined : jsonReply(200, answer)
}

function legacyGroup(parts: readonly string[], definitions: readonly ResourceDefinition[]): unknown {
  if (parts.length === 1)
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
    }
  return parts.length === 2 ? resources(definitions, '', parts[1] as string) : undefined
}

function namedGroups(
  [, name, version, ...rest]: readonly string[],
  definitions: readonly ResourceDefinition[],
): unknown {
  const groups = groupsOf(definitions)
  if (name === undefined)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((each) => group(definitions, each)) }
  if (version === undefined)
    return groups.includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(definitions, name) } : undefined
  return rest.length === 0 ? resources(definitions, name, version) : undefined
}

const groupsOf = (definitions: readonly ResourceDefinition[]): string[] =>
  [...new Set(definitions.map((definition) => definition.group))].filter((name) => name !== '')

const versionsOf = (definitions: readonly ResourceDefinition[], name: string): string[] =>
  [...new Set(definitions.filter((definition) => definition.group === name).map(({ version }) => version))].sort(
    compareVersions,
  )

function group(definitions: readonly ResourceDefinition[], name: string): object {
  const versions = versionsOf(definitions, name).map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

interface Below {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

function subresourcesOf(definition: ResourceDefinition): Below[] {
  const { group, version, kind } = definition
  const names = [...(definition.status === true ? ['status'] : []), ...Object.keys(definition.parts ?? {})]
  const parts = names.map((name) => ({ name, group, version, kind, verbs: partVerbs }))
  const others = { ...definition.subresources, ...(definition.scale === undefined ? {} : { scale }) }
  const below = Object.entries(others).map(([name, each]) => ({ name, ...each }))
  if (definition.custom === true) return [...parts, ...below]
  return [...below, ...parts].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const naming = ({ shortNames, categories }: ResourceDefinition): object => ({
  ...(shortNames === undefined ? {} : { shortNames }),
  ...(categories === undefined ? {} : { categories }),
})

/** Built-in kinds come by name, custom ones as they were defined. */
const inOrder = (definitions: readonly ResourceDefinition[]): readonly ResourceDefinition[] =>
  definitions.some(({ custom }) => custom === true)
    ? definitions
    : [...definitions].sort((a, b) => (a.resource < b.resource ? -1 : 1))

function resources(definitions: readonly ResourceDefinition[], groupName: string, version: string): unknown {
  const served = inOrder(
    definitions.filter((definition) => definition.group === groupName && definition.version === version),
  )
  const first = served[0]
  if (first === undefined) return undefined
  return {
    kind: 'APIResourceList',
    ...(groupName === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(first),
    resources: served.flatMap((definition) => [
      {
        name: definition.resource,
        singularName: definition.singular,
        namespaced: definition.namespaced,
        kind: definition.kind,
        verbs: definition.verbs ?? (definition.custom === true ? customVerbs : allVerbs),
        ...naming(definition),
        ...(definition.review === undefined ? { storageVersionHash: storageHash(definition) } : {}),
      },
      ...subresourcesOf(definition).map(({ name, group, version, kind, verbs }) => ({
        name: `${definition.resource}/${name}`,
        singularName: '',
        namespaced: definition.namespaced,
        ...(group === definition.group ? {} : { group, version }),
        kind,
        verbs,
      })),
    ]),
  }
}

/** Eight bytes of a hash. Source: k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go. */
const storageHash = ({ group, kind, storage, version, storedAs }: ResourceDefinition): string =>
  createHash('sha256')
    .update(storedAs ?? `${group}/${storage?.version ?? version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64')

/** The version of aggregated discovery that a client prefers; undefined when it asks for the plain one first. */
function aggregatedVersion(accept: string | string[] | undefined): 'v2' | 'v2beta1' | undefined {
  if (typeof accept !== 'string') return undefined
  for (const part of accept.split(',')) {
    if (!part.includes('as=APIGroupDiscoveryList')) return undefined
    const version = /;\s*v=(v2|v2beta1)\b/.exec(part)?.[1]
    if (part.includes('g=apidiscovery.k8s.io') && version !== undefined) return version as 'v2' | 'v2beta1'
  }
  return undefined
}

function aggregated(
  version: 'v2' | 'v2beta1',
  legacy: boolean,
  definitions: readonly ResourceDefinition[],
  known: string | string[] | undefined,
): Reply {
  const groups = legacy ? [''] : groupsOf(definitions)
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((name) => ({
      metadata: name === '' ? {} : { name },
      versions: versionsOf(definitions, name).map((each) => ({
        version: each,
        resources: inOrder(
          definitions.filter((definition) => definition.group === name && definition.version === each),
        ).map(discovered),
        freshness: 'Current',
      })),
    })),
  }
  const etag = `"${createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase()}"`
  const headers = {
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag,
    vary: 'Accept',
    'cache-control': 'public',
  }
  return known === etag ? { status: 304, headers, body: { kind: 'empty' } } : jsonReply(200, document, headers)
}

function discovered(definition: ResourceDefinition): object {
  const { group, version, kind } = definition
  const below = subresourcesOf(definition)
  return {
    resource: definition.resource,
    responseKind: { group, version, kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: definition.verbs ?? allVerbs,
    ...naming(definition),
    ...(below.length === 0
      ? {}
      : {
          subresources: below.map((each) => ({
            subresource: each.name,
            responseKind: { group: each.group, version: each.version, kind: each.kind },
            verbs: each.verbs,
          })),
        }),
  }
}
