/**
 * OpenAPI of what is served: version 3 by group and version for kubectl explain and validation, version 2 for clients
 * that know nothing else. Built-in schemas come from the type tables, those of custom resources from their definitions.
 * Source: k8s.io/kube-openapi/pkg/{builder,builder3}.
 */
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { messageOfKind, type Message } from '../../kube/types/tables.ts'
import { hasObjects, type ResourceDefinition } from '../definition.ts'
import { subresourcesOf } from '../non-resource/discovery.ts'
import { versionThree, versionTwo, type Dialect, type Json } from './dialects.ts'
import { pageOf, pageOfGroup, pages } from './pages.ts'
import { pathsOf } from './paths.ts'
import { proseOf } from './prose.ts'
import { addMessage, described, nameOf } from './types.ts'

type Kind = Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'custom'>

const rootOf = (definition: ResourceDefinition): string =>
  definition.group === '' ? 'api/v1' : `apis/${apiVersionOf(definition)}`

const info = { title: 'Kubernetes', version: '1.35' }
const securitySchemes = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
}

/** What a document of version 3 is asked for by: a group and version, a group, or a page of its own. */
export function rootsOf(definitions: readonly ResourceDefinition[]): string[] {
  const roots = new Set(Object.keys(pages))
  for (const definition of definitions) {
    roots.add(rootOf(definition))
    if (definition.custom !== true && definition.group !== '') roots.add(`apis/${definition.group}`)
  }
  return [...roots].sort()
}

/** The kinds that a document of version 3 is about; none of a page's or a group's. */
export const servedAt = (root: string, definitions: readonly ResourceDefinition[]): readonly ResourceDefinition[] =>
  definitions.filter((definition) => rootOf(definition) === root)

/** The document of one of {@link rootsOf}, of the kinds that it is about. */
export function documentOf(root: string, served: readonly ResourceDefinition[]): Json {
  const [paths, schemas] =
    served.length > 0 ? kindsOf(served, versionThree) : pageOf(root, pages[root] ?? pageOfGroup(root))
  return { openapi: '3.0.0', info, paths, components: { schemas, securitySchemes } }
}

/** The one document of version 2. */
export function wholeDocument(definitions: readonly ResourceDefinition[]): Json {
  const [paths, schemas] = kindsOf(definitions, versionTwo)
  const security = [{ BearerToken: [] }]
  return { swagger: '2.0', info, paths, definitions: schemas, securityDefinitions: securitySchemes, security }
}

function kindsOf(definitions: readonly ResourceDefinition[], dialect: Dialect): [paths: Json, schemas: Json] {
  const paths: Json = {}
  const schemas: Json = { [nameOf('meta-v1.Patch')]: { type: 'object' } }
  addMessage('meta-v1.DeleteOptions', schemas, dialect)
  addMessage('meta-v1.Status', schemas, dialect)
  for (const definition of definitions) {
    addKind(definition, schemas, dialect)
    for (const below of subresourcesOf(definition)) {
      const message = messageOfKind(below.group, below.version, below.kind)
      if (message !== undefined) addBuiltIn(below, message, schemas, dialect)
    }
    Object.assign(paths, pathsOf(definition, nameOfKind, dialect))
  }
  return [paths, schemas]
}

const gvk = ({ group, version, kind }: Kind): Json => ({ group, version, kind })

const typeOf = ({ custom, group, version, kind }: Kind): Message | undefined =>
  custom === true ? undefined : messageOfKind(group, version, kind)

function nameOfKind(kind: Kind): string {
  const message = typeOf(kind)
  if (message !== undefined) return nameOf(message.name)
  return [...kind.group.split('.').reverse(), kind.version, kind.kind].join('.')
}

function addKind(definition: ResourceDefinition, schemas: Json, dialect: Dialect): void {
  const message = typeOf(definition)
  const name = nameOfKind(definition)
  if (message === undefined) {
    addMessage('meta-v1.ObjectMeta', schemas, dialect)
    schemas[name] = customSchema(definition, dialect)
  } else addBuiltIn(definition, message, schemas, dialect)
  if (hasObjects(definition) || definition.verbs?.includes('list') === true)
    schemas[`${name}List`] = listSchema(definition, schemas, dialect)
}

function addBuiltIn(kind: Kind, message: Message, schemas: Json, dialect: Dialect): void {
  addMessage(message.name, schemas, dialect)
  const schema = schemas[nameOf(message.name)] as Json
  schema['x-kubernetes-group-version-kind'] = [gvk(kind)]
  schema['properties'] = { ...envelope(), ...(schema['properties'] as Json) }
}

function listSchema(definition: ResourceDefinition, schemas: Json, dialect: Dialect): Json {
  addMessage('meta-v1.ListMeta', schemas, dialect)
  const beside = definition.custom === true ? {} : { default: {} }
  return {
    description: `${definition.kind}List is a list of ${definition.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...envelope(),
      items: { type: 'array', items: dialect.referring(dialect.prefix + nameOfKind(definition), beside) },
      metadata: dialect.referring(dialect.prefix + nameOf('meta-v1.ListMeta'), beside),
    },
    'x-kubernetes-group-version-kind': [{ ...gvk(definition), kind: `${definition.kind}List` }],
  }
}

/** The same is said of them in every kind. */
const envelope = (): Json =>
  Object.fromEntries(
    ['apiVersion', 'kind'].map((name) => [
      name,
      { ...described(proseOf('core-v1.Pod').fields.get(name)), type: 'string' },
    ]),
  )

function customSchema(definition: ResourceDefinition, dialect: Dialect): Json {
  const { properties, ...schema } = (definition.openApi ?? { type: 'object' }) as Json
  const metadata = { allOf: [{ $ref: dialect.prefix + nameOf('meta-v1.ObjectMeta') }] }
  return {
    ...schema,
    properties: { ...envelope(), ...(isRecord(properties) ? properties : {}), metadata },
    'x-kubernetes-group-version-kind': [gvk(definition)],
  }
}
