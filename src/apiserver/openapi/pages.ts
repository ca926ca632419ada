/** What documents of version 3 say of pages that are no kind's. */
import { wholeTypes } from '../negotiate.ts'
import type { Dialect, Json } from './dialects.ts'
import { addMetaKind } from './meta.ts'
import { groupName } from './paths.ts'
import { capital } from './prose.ts'
import { nameOf } from './types.ts'

/** What a page has to say, that is no kind's. */
interface Page {
  readonly says: string
  readonly id: string
  readonly tag: string
  readonly types: readonly string[]
  /** A type of meta/v1; text where absent. */
  readonly type?: string
}

const json = ['application/json']
export const pages: Readonly<Record<string, Page>> = {
  '.well-known/openid-configuration': {
    says: 'how tokens of service accounts are checked',
    id: 'getServiceAccountIssuerOpenIDConfiguration',
    tag: 'WellKnown',
    types: json,
  },
  api: {
    says: 'get available API versions',
    id: 'getCoreAPIVersions',
    tag: 'core',
    types: wholeTypes,
    type: 'APIVersions',
  },
  apis: {
    says: 'get available API groups',
    id: 'getAPIVersions',
    tag: 'apis',
    types: wholeTypes,
    type: 'APIGroupList',
  },
  'openid/v1/jwks': {
    says: 'the keys that sign tokens of service accounts',
    id: 'getServiceAccountIssuerOpenIDKeyset',
    tag: 'openid',
    types: ['application/jwk-set+json'],
  },
  version: { says: 'get the version of this server', id: 'getCodeVersion', tag: 'version', types: json },
}

/** Of a group (`apis/apps`), or of one of its versions (`apis/apps/v1`). */
function discoveryOf(root: string): Page {
  const [group = '', version] = root === 'api/v1' ? ['', 'v1'] : root.split('/').slice(1)
  const tag = groupName(group)
  const types = wholeTypes
  if (version === undefined)
    return { says: `get information of ${group}`, id: `get${capital(tag)}APIGroup`, tag, types, type: 'APIGroup' }
  return {
    says: 'get available resources',
    id: `get${capital(tag)}${capital(version)}APIResources`,
    tag: `${tag}_${version}`,
    types,
    type: 'APIResourceList',
  }
}

/** What a document has of paths and of schemas. */
export interface Parts {
  readonly paths: Json
  readonly schemas: Json
}

/** Adds what a root answers itself. */
export function addPage(root: string, { paths, schemas }: Parts, dialect: Dialect): void {
  const { says, id, tag, types, type } = pages[root] ?? discoveryOf(root)
  if (type !== undefined) addMetaKind(type, schemas, dialect)
  const schema = type === undefined ? { type: 'string' } : { $ref: dialect.prefix + nameOf(`meta-v1.${type}`) }
  const request = dialect.request([], undefined, type === undefined && root !== 'version' ? [] : types, types)
  const responses = {
    200: { description: 'OK', ...dialect.content(types, schema) },
    401: { description: 'Unauthorized' },
  }
  paths[`/${root}/`] = { get: { tags: [tag], description: says, operationId: id, ...request, responses } }
}
