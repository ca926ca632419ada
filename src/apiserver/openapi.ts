/**
 * OpenAPI of what is served: version 3 by group for kubectl explain and validation, version 2 for clients that know
 * nothing else. Built-in schemas come from the type tables (structure only, no prose), those of custom resources
 * from their definitions. Source: k8s.io/kube-openapi/pkg/{handler3,builder3}.
 */
import { apiVersionOf, isRecord } from '../kube/object.ts'
import { messageOfKind, type Message } from '../kube/types/tables.ts'
import type { ResourceDefinition } from './definition.ts'
import { addMessage, nameOf, referring } from './openapi-types.ts'

type Json = Record<string, unknown>

const rootOf = (definition: ResourceDefinition): string =>
  definition.group === '' ? `api/${definition.version}` : `apis/${apiVersionOf(definition)}`

/** The answer to a path below /openapi; undefined for anything else. */
export function openApi(path: string, definitions: readonly ResourceDefinition[]): unknown {
  if (path === '/openapi/v2') return versionTwo(definitions)
  if (path === '/openapi/v3') {
    const roots = [...new Set(definitions.map(rootOf))]
    return { paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])) }
  }
  if (!path.startsWith('/openapi/v3/')) return undefined
  const root = path.slice('/openapi/v3/'.length)
  const served = definitions.filter((definition) => rootOf(definition) === root)
  if (served.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(served.flatMap((definition) => pathsOf(definition, '#/components/schemas/'))),
    components: { schemas: schemasOf(served, '#/components/schemas/') },
  }
}

function versionTwo(definitions: readonly ResourceDefinition[]): unknown {
  const prefix = '#/definitions/'
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(definitions.flatMap((definition) => pathsOf(definition, prefix))),
    definitions: schemasOf(definitions, prefix),
  }
}

const gvk = ({ group, version, kind }: ResourceDefinition): object => ({ group, version, kind })

function pathsOf(definition: ResourceDefinition, prefix: string): [string, object][] {
  const root = `/${rootOf(definition)}/${definition.namespaced ? 'namespaces/{namespace}/' : ''}${definition.resource}`
  const response = { 200: { description: 'OK', ...content({ $ref: prefix + nameOfKind(definition) }, prefix) } }
  const operation = (action: string): object => ({
    parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
      name,
      in: 'query',
      ...(prefix.includes('components')
        ? { schema: { type: 'string', uniqueItems: true } }
        : { type: 'string', uniqueItems: true }),
    })),
    responses: response,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(definition),
  })
  return [
    [root, { get: operation('list'), post: operation('post') }],
    [
      `${root}/{name}`,
      { get: operation('get'), patch: operation('patch'), put: operation('put'), delete: operation('delete') },
    ],
  ]
}

const content = (schema: object, prefix: string): object =>
  prefix.includes('components') ? { content: { 'application/json': { schema } } } : { schema }

const typeOf = ({ custom, group, version, kind }: ResourceDefinition): Message | undefined =>
  custom === true ? undefined : messageOfKind(group, version, kind)

function nameOfKind(definition: ResourceDefinition): string {
  const message = typeOf(definition)
  if (message !== undefined) return nameOf(message.name)
  const { group, version, kind } = definition
  return [...group.split('.').reverse(), version, kind].join('.')
}

function schemasOf(definitions: readonly ResourceDefinition[], prefix: string): Json {
  const schemas: Json = {}
  for (const definition of definitions) {
    const message = typeOf(definition)
    const name = nameOfKind(definition)
    if (message === undefined) {
      addMessage('meta-v1.ObjectMeta', schemas, prefix)
      schemas[name] = customSchema(definition, prefix)
    } else {
      addMessage(message.name, schemas, prefix)
      const schema = schemas[name] as Json
      schema['x-kubernetes-group-version-kind'] = [gvk(definition)]
      schema['properties'] = { ...envelope, ...(schema['properties'] as Json) }
    }
    if (!isQuestion(definition)) schemas[`${name}List`] = listSchema(definition, schemas, prefix)
  }
  return schemas
}

const isQuestion = ({ review, order }: ResourceDefinition): boolean => review !== undefined || order !== undefined

function listSchema(definition: ResourceDefinition, schemas: Json, prefix: string): Json {
  addMessage('meta-v1.ListMeta', schemas, prefix)
  const custom = definition.custom === true
  const item = referring(prefix + nameOfKind(definition), prefix, !custom)
  const $ref = prefix + nameOf('meta-v1.ListMeta')
  const metadata = custom && prefix.includes('components') ? { allOf: [{ $ref }] } : referring($ref, prefix, !custom)
  return {
    type: 'object',
    required: ['items'],
    properties: { ...envelope, items: { type: 'array', items: item }, metadata },
    'x-kubernetes-group-version-kind': [{ ...gvk(definition), kind: `${definition.kind}List` }],
  }
}

const envelope = { apiVersion: { type: 'string' }, kind: { type: 'string' } }

function customSchema(definition: ResourceDefinition, prefix: string): Json {
  const { properties, ...schema } = (definition.openApi ?? { type: 'object' }) as Json
  const metadata = { allOf: [{ $ref: prefix + nameOf('meta-v1.ObjectMeta') }] }
  return {
    ...schema,
    properties: { ...envelope, ...(isRecord(properties) ? properties : {}), metadata },
    'x-kubernetes-group-version-kind': [gvk(definition)],
  }
}
