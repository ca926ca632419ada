/**
 * OpenAPI of what is served: version 3 by group and version for kubectl explain and validation, version 2 for clients
 * that know nothing else. Built-in schemas come from the type tables, those of custom resources from their definitions.
 * Source: k8s.io/kube-openapi/pkg/{builder,builder3}.
 */
import { apiVersionOf } from '../../kube/object.ts'
import { messageOf, messageOfKind, type Message } from '../../kube/types/tables.ts'
import { hasObjects, type ResourceDefinition } from '../definition.ts'
import { subresourcesOf } from '../non-resource/discovery.ts'
import { described, versionThree, versionTwo, type Dialect, type Json } from './dialects.ts'
import { customList, customSchema } from './custom-schema.ts'
import { addMeta, envelope, gvk } from './meta.ts'
import { addPage, pages, type Parts } from './pages.ts'
import { connects } from './parameters.ts'
import { pathsOf } from './paths.ts'
import { proseOf } from './prose.ts'
import { shareParameters } from './shared-parameters.ts'
import { addMessage, nameOf } from './types.ts'

type Kind = Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'custom'>

const rootOf = (definition: ResourceDefinition): string =>
  definition.group === '' ? 'api/v1' : `apis/${apiVersionOf(definition)}`

const info = { title: 'Kubernetes', version: '1.35' }
const customInfo = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' }
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
  const parts: Parts = { paths: {}, schemas: {} }
  if (served.length > 0) addKinds(served, parts, versionThree)
  const isCustom = served.some(({ custom }) => custom === true)
  if (!isCustom) addPage(root, parts, versionThree)
  return {
    openapi: '3.0.0',
    info: isCustom ? customInfo : info,
    paths: parts.paths,
    components: { ...(Object.keys(parts.schemas).length === 0 ? {} : { schemas: parts.schemas }), securitySchemes },
  }
}

/** The one document of version 2. */
export function wholeDocument(definitions: readonly ResourceDefinition[]): Json {
  const parts: Parts = { paths: {}, schemas: {} }
  addKinds(definitions, parts, versionTwo)
  for (const root of rootsOf(definitions.filter(({ custom }) => custom !== true))) addPage(root, parts, versionTwo)
  const security = [{ BearerToken: [] }]
  const { paths, schemas } = parts
  const parameters = shareParameters(paths)
  return {
    swagger: '2.0',
    info,
    paths,
    definitions: schemas,
    parameters,
    securityDefinitions: securitySchemes,
    security,
  }
}

function addKinds(definitions: readonly ResourceDefinition[], { paths, schemas }: Parts, dialect: Dialect): void {
  addMeta(definitions, schemas, dialect)
  for (const definition of definitions) {
    addKind(definition, schemas, dialect)
    for (const below of subresourcesOf(definition)) {
      const message = messageOfKind(below.group, below.version, below.kind)
      if (message !== undefined && !connects(below)) addBuiltIn(below, message, schemas, dialect)
    }
    Object.assign(paths, pathsOf(definition, nameOfKind, dialect))
  }
  const [claim, name] = [messageOf('core-v1.PersistentVolumeClaim'), nameOf('core-v1.PersistentVolumeClaim')]
  // The one kind that others hold whole.
  if (Object.hasOwn(schemas, name))
    addBuiltIn({ group: '', version: 'v1', kind: 'PersistentVolumeClaim' }, claim, schemas, dialect)
}

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
    const schema = customSchema((definition.openApi ?? { type: 'object' }) as Json, dialect)
    schemas[name] = { ...schema, 'x-kubernetes-group-version-kind': [gvk(definition)] }
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
  const beside = dialect.defaults && definition.custom !== true ? { default: {} } : {}
  const message = typeOf(definition)
  const { text, fields } = message === undefined ? customList(definition) : proseOf(`${message.name}List`)
  const metadata = { ...described(fields.get('metadata')), ...beside }
  return {
    ...described(text),
    type: 'object',
    required: ['items'],
    properties: {
      ...envelope(),
      items: {
        ...described(fields.get('items')),
        type: 'array',
        items: dialect.referring(dialect.prefix + nameOfKind(definition), beside),
      },
      metadata: dialect.referring(dialect.prefix + nameOf('meta-v1.ListMeta'), metadata),
    },
    'x-kubernetes-group-version-kind': [{ ...gvk(definition), kind: `${definition.kind}List` }],
  }
}
