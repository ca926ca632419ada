/** What documents of version 3 say of pages that are no kind's. */
import { wholeTypes } from '../negotiate.ts'
import { described, type Dialect, type Json } from './dialects.ts'
import { addMetaKind } from './meta.ts'
import { groupName } from './paths.ts'
import { capital, proseOfNamed } from './prose.ts'
import { nameOf } from './types.ts'

/** What a page has to say, that is no kind's. */
interface Page {
  readonly says: string
  readonly id: string
  readonly tag: string
  readonly types: readonly string[]
  /** A type of meta/v1; text where absent. */
  readonly type?: string
  /** What it shows, where that is a type of its own. */
  readonly shows?: (schemas: Json, dialect: Dialect) => string
}

const json = ['application/json']
export const pages: Readonly<Record<string, Page>> = {
  '.well-known/openid-configuration': {
    says: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
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
    says: 'get available API versions',
    id: 'getAPIVersions',
    tag: 'apis',
    types: wholeTypes,
    type: 'APIGroupList',
  },
  'openid/v1/jwks': {
    says: 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
    id: 'getServiceAccountIssuerOpenIDKeyset',
    tag: 'openid',
    types: ['application/jwk-set+json'],
  },
  version: {
    says: 'get the version information for this server',
    id: 'getCodeVersion',
    tag: 'version',
    types: json,
    shows: addVersionInfo,
  },
}

/** Source: k8s.io/apimachinery/pkg/version. */
function addVersionInfo(schemas: Json, dialect: Dialect): string {
  const name = 'io.k8s.apimachinery.pkg.version.Info'
  const { text, fields } = proseOfNamed(name)
  const required = [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ]
  const optional = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor']
  const property = (field: string, beside: Json): [string, Json] => [
    field,
    { ...described(fields.get(field)), type: 'string', ...beside },
  ]
  const properties = Object.fromEntries([
    ...required.map((field) => property(field, dialect.defaults ? { default: '' } : {})),
    ...optional.map((field) => property(field, {})),
  ])
  schemas[name] = { ...described(text), type: 'object', required, properties }
  return name
}

/** Of a group (`apis/apps`), or of one of its versions (`apis/apps/v1`). */
function discoveryOf(root: string): Page {
  const [group = '', version] = root === 'api/v1' ? ['', 'v1'] : root.split('/').slice(1)
  const tag = groupName(group)
  const types = wholeTypes
  if (version === undefined)
    return { says: 'get information of a group', id: `get${capital(tag)}APIGroup`, tag, types, type: 'APIGroup' }
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
  const { says, id, tag, types, type, shows } = pages[root] ?? discoveryOf(root)
  if (type !== undefined) addMetaKind(type, schemas, dialect)
  const name = type === undefined ? shows?.(schemas, dialect) : nameOf(`meta-v1.${type}`)
  const schema = name === undefined ? { type: 'string' } : { $ref: dialect.prefix + name }
  const request = dialect.request([], undefined, type === undefined && root !== 'version' ? [] : types, types)
  const responses = {
    200: { description: 'OK', ...dialect.content(types, schema) },
    401: { description: 'Unauthorized' },
  }
  paths[`/${root}/`] = { get: { tags: [tag], description: says, operationId: id, ...request, responses } }
}
