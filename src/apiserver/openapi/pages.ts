/** What documents of version 3 say of pages that are no kind's. */
import { wholeTypes } from '../negotiate.ts'
import { versionThree, type Json } from './dialects.ts'
import { addMessage, nameOf } from './types.ts'

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

export function pageOfGroup(root: string): Page {
  const group = root.slice('apis/'.length)
  return { says: `get information of ${group}`, id: 'getAPIGroup', tag: group, types: wholeTypes, type: 'APIGroup' }
}

export function pageOf(root: string, { says, id, tag, types, type }: Page): [paths: Json, schemas: Json] {
  const schemas: Json = {}
  if (type !== undefined) addMessage(`meta-v1.${type}`, schemas, versionThree)
  const schema = type === undefined ? { type: 'string' } : { $ref: versionThree.prefix + nameOf(`meta-v1.${type}`) }
  const responses = {
    200: { description: 'OK', ...versionThree.content(types, schema) },
    401: { description: 'Unauthorized' },
  }
  return [{ [`/${root}/`]: { get: { tags: [tag], description: says, operationId: id, responses } } }, schemas]
}
