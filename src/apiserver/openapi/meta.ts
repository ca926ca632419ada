/** What schemas of kinds have in common, and the kinds of meta/v1. Source: k8s.io/kube-openapi/pkg/generators. */
import { apiVersionOf } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { described, type Dialect, type Json } from './dialects.ts'
import { proseOf } from './prose.ts'
import { addMessage, nameOf } from './types.ts'

type Kind = Pick<ResourceDefinition, 'group' | 'version' | 'kind'>
type Version = Omit<Kind, 'kind'>

export const gvk = ({ group, version, kind }: Kind): Json => ({ group, version, kind })

/** The same is said of them in every kind. */
export const envelope = (): Json =>
  Object.fromEntries(
    ['apiVersion', 'kind'].map((name) => [
      name,
      { ...described(proseOf('meta-v1.Status').fields.get(name)), type: 'string' },
    ]),
  )

const metaVersion: Version = { group: '', version: 'v1' }

/** A kind of meta/v1, which is one of each of the versions. */
export function addMetaKind(
  kind: string,
  schemas: Json,
  dialect: Dialect,
  versions: readonly Version[] = [metaVersion],
): void {
  addMessage(`meta-v1.${kind}`, schemas, dialect)
  const schema = schemas[nameOf(`meta-v1.${kind}`)] as Json
  schema['x-kubernetes-group-version-kind'] = versions.map((version) => gvk({ ...version, kind }))
  if (kind !== 'WatchEvent') schema['properties'] = { ...envelope(), ...(schema['properties'] as Json) }
}

const sortedBy = ({ group, version }: Version): string => `${group} ${version}`

/** What requests and answers of kinds are made of: options and events are kinds of every version of a group. */
export function addMeta(definitions: readonly ResourceDefinition[], schemas: Json, dialect: Dialect): void {
  const versions = new Map([metaVersion, ...definitions].map((each) => [apiVersionOf(each), each]))
  const all = [...versions.values()].toSorted((a, b) => (sortedBy(a) < sortedBy(b) ? -1 : 1))
  schemas[nameOf('meta-v1.Patch')] = { ...described(proseOf('meta-v1.Patch').text), type: 'object' }
  addMetaKind('DeleteOptions', schemas, dialect, all)
  addMetaKind('Status', schemas, dialect)
  if (definitions.some(({ custom }) => custom !== true)) addMetaKind('WatchEvent', schemas, dialect, all)
}
