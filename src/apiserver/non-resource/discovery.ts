/**
 * What the server serves, as clients ask for it: group by group, and all at once (aggregated discovery, v2 and
 * v2beta1). Source: k8s.io/apiserver/pkg/endpoints/discovery, KEP-3352.
 */
import { createHash } from 'node:crypto'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf } from '../../kube/object.ts'
import { groupPriority } from '../controllers/api-services.ts'
import { compareVersions } from '../custom/definition-of.ts'
import { hasObjects, type ResourceDefinition } from '../definition.ts'
import { wholeFormatOf, wholeTypes } from '../negotiate.ts'
import { metaReply, type MetaObject } from '../represent.ts'
import { scale } from '../subresources/scale.ts'
import { aggregatedReply } from './aggregated-discovery.ts'
import { requireRoute } from './routes.ts'

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
export function discoveryReply(exchange: Exchange, definitions: readonly ResourceDefinition[]): Reply | undefined {
  const { path } = exchange.request
  const [root, ...parts] = path.split('/').filter((part) => part !== '')
  if (root !== 'api' && root !== 'apis') return undefined
  if (parts.length === 0 && path !== '/apis/') {
    const whole = aggregatedReply(exchange, () => aggregatedGroups(root === 'api', definitions))
    if (whole !== undefined) return whole
  }
  if (root === 'apis' && parts.length < 2) {
    const answer = parts.length === 0 ? groupList(definitions) : namedGroup(definitions, parts[0] as string)
    return answer === undefined ? undefined : metaReply(answer, wholeFormatOf(exchange))
  }
  const answer = root === 'apis' ? groupVersion(definitions, parts) : legacyGroup(exchange, definitions, parts)
  if (answer === undefined) return undefined
  requireRoute(exchange, wholeTypes)
  return metaReply(answer, wholeFormatOf(exchange))
}

/** Every path that {@link discoveryReply} answers. */
export const discoveryPaths = (definitions: readonly ResourceDefinition[]): string[] => [
  '/api',
  '/api/v1',
  '/apis',
  '/apis/',
  ...groupsOf(definitions).flatMap((name) => [
    `/apis/${name}`,
    ...versionsOf(definitions, name).map((version) => `/apis/${name}/${version}`),
  ]),
]

/** Where the client found this server. */
export const addressOf = ({ headers }: Exchange): string =>
  String(headers['host'] ?? headers[':authority'] ?? 'kubernetes.default.svc')

const legacyGroup = (
  exchange: Exchange,
  definitions: readonly ResourceDefinition[],
  [version, ...rest]: readonly string[],
): MetaObject | undefined =>
  version === undefined
    ? {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: addressOf(exchange) }],
      }
    : rest.length === 0
      ? resources(definitions, '', version)
      : undefined

const groupVersion = (
  definitions: readonly ResourceDefinition[],
  [name = '', version = '', ...rest]: readonly string[],
): MetaObject | undefined => (rest.length === 0 ? resources(definitions, name, version) : undefined)

const groupList = (definitions: readonly ResourceDefinition[]): MetaObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(definitions).map((each) => group(definitions, each)),
})

const namedGroup = (definitions: readonly ResourceDefinition[], name: string): MetaObject | undefined =>
  groupsOf(definitions).includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(definitions, name) } : undefined

/** By their API services' priority, then by name. */
const groupsOf = (definitions: readonly ResourceDefinition[]): string[] =>
  [...new Set(definitions.map((definition) => definition.group))]
    .filter((name) => name !== '')
    .sort((a, b) => groupPriority(b) - groupPriority(a) || (a < b ? -1 : 1))

const versionsOf = (definitions: readonly ResourceDefinition[], name: string): string[] =>
  [...new Set(definitions.filter((definition) => definition.group === name).map(({ version }) => version))].sort(
    compareVersions,
  )

function group(definitions: readonly ResourceDefinition[], name: string): object {
  const versions = versionsOf(definitions, name).map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

export interface Below {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

export function subresourcesOf(definition: ResourceDefinition): Below[] {
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
function servedIn(definitions: readonly ResourceDefinition[], group: string, version: string): ResourceDefinition[] {
  const served = definitions.filter((definition) => definition.group === group && definition.version === version)
  return served.some(({ custom }) => custom === true)
    ? served
    : served.sort((a, b) => (a.resource < b.resource ? -1 : 1))
}

function resources(
  definitions: readonly ResourceDefinition[],
  groupName: string,
  version: string,
): MetaObject | undefined {
  const served = servedIn(definitions, groupName, version)
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
        verbs: verbsOf(definition),
        ...naming(definition),
        ...(hasObjects(definition) ? { storageVersionHash: storageHash(definition) } : {}),
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

const aggregatedGroups = (legacy: boolean, definitions: readonly ResourceDefinition[]): object[] =>
  (legacy ? [''] : groupsOf(definitions)).map((name) => ({
    metadata: name === '' ? {} : { name },
    versions: versionsOf(definitions, name).map((version) => ({
      version,
      resources: servedIn(definitions, name, version).map(discovered),
      freshness: 'Current',
    })),
  }))

function discovered(definition: ResourceDefinition): object {
  const { group, version, kind, custom } = definition
  // Built-in kinds leave out what the group and version around them says.
  const typeOf = (each: Pick<Below, 'group' | 'version' | 'kind'>): object =>
    custom !== true && each.group === group && each.version === version
      ? { group: '', version: '', kind: each.kind }
      : { group: each.group, version: each.version, kind: each.kind }
  const below = subresourcesOf(definition).map((each) => ({
    subresource: each.name,
    responseKind: typeOf(each),
    verbs: each.verbs,
  }))
  return {
    resource: definition.resource,
    responseKind: typeOf({ group, version, kind }),
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: verbsOf(definition),
    ...naming(definition),
    ...(below.length === 0 ? {} : { subresources: below }),
  }
}

/** Of the kind itself. */
export const verbsOf = ({ verbs, custom }: ResourceDefinition): readonly string[] =>
  verbs ?? (custom === true ? customVerbs : allVerbs)
