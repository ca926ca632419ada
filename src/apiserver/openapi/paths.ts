/**
 * What can be asked of a kind, as the published documents list it. Source: k8s.io/apiserver/pkg/endpoints/installer.go,
 * k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder.
 */
import { apiVersionOf } from '../../kube/object.ts'
import { applyPatchType, jsonPatchType, mergePatchType, strategicPatchType } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { mediaTypes, wholeTypes } from '../negotiate.ts'
import { subresourcesOf, verbsOf, type Below } from '../non-resource/discovery.ts'
import type { Dialect, Json } from './dialects.ts'
import { capital } from './prose.ts'
import { nameOf } from './types.ts'

interface Action {
  readonly action: string
  /** How the operation's id begins. */
  readonly id: string
  readonly says: (kind: string) => string
  readonly parameters: readonly string[]
  readonly codes: readonly number[]
  readonly method?: string
}

const writing = ['dryRun', 'fieldManager', 'fieldValidation']
const deleting = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']
const choosing = [
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
]
const watching = ['allowWatchBookmarks', ...choosing, 'watch']

/** By the verb that discovery names. */
const actions: Readonly<Record<string, Action>> = {
  list: act('list', 'list', (kind) => `list or watch objects of kind ${kind}`, watching, [200], 'get'),
  create: act('post', 'create', (kind) => `create a ${kind}`, writing, [200, 201, 202]),
  deletecollection: act(
    'deletecollection',
    'deleteCollection',
    (kind) => `delete collection of ${kind}`,
    [...choosing, ...deleting],
    [200],
    'delete',
  ),
  get: act('get', 'read', (kind) => `read the specified ${kind}`, [], [200]),
  update: act('put', 'replace', (kind) => `replace the specified ${kind}`, writing, [200, 201]),
  delete: act('delete', 'delete', (kind) => `delete a ${kind}`, deleting, [200, 202]),
  patch: act('patch', 'patch', (kind) => `partially update the specified ${kind}`, [...writing, 'force'], [200, 201]),
}

function act(
  action: string,
  id: string,
  says: Action['says'],
  parameters: readonly string[],
  codes: readonly number[],
  method = action,
): Action {
  return { action, id, says, parameters, codes, method }
}

const ofCollection = ['list', 'create', 'deletecollection']
const ofObject = ['get', 'update', 'delete', 'patch']
const meanings: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
const patchTypes = [applyPatchType, jsonPatchType, mergePatchType, strategicPatchType]

/** Paths and what is done there; `nameOfKind` is that of a schema. */
export function pathsOf(
  definition: ResourceDefinition,
  nameOfKind: (kind: Pick<ResourceDefinition, 'group' | 'version' | 'kind'>) => string,
  dialect: Dialect,
): Json {
  const { namespaced, resource, group, kind } = definition
  const verbs = verbsOf(definition)
  const root = group === '' ? '/api/v1' : `/apis/${apiVersionOf(definition)}`
  const collection = `${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`
  const scope = namespaced ? 'Namespaced' : ''
  const paths: Json = {}
  const add = (path: string, served: readonly string[], suffix: string, shown: Below | undefined): void => {
    if (served.length === 0) return
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => dialect.parameter(name as string, 'path'))
    const methods = served.map((verb) => {
      const action = actions[verb] as Action
      return [action.method, operation(definition, nameOfKind, dialect, { action, suffix, shown })]
    })
    paths[path] = { ...Object.fromEntries(methods), parameters: [...parameters, dialect.parameter('pretty', 'query')] }
  }
  const inOrder = (wanted: readonly string[], has: readonly string[]): string[] =>
    wanted.filter((verb) => has.includes(verb))
  add(collection, inOrder(ofCollection, verbs), scope + kind, undefined)
  if (namespaced && verbs.includes('list')) add(`${root}/${resource}`, ['list'], `${kind}ForAllNamespaces`, undefined)
  add(`${collection}/{name}`, inOrder(ofObject, verbs), scope + kind, undefined)
  for (const below of subresourcesOf(definition))
    add(
      `${collection}/{name}/${below.name}`,
      inOrder(['get', 'create', 'update', 'patch'], below.verbs),
      scope + kind + capital(below.name),
      below,
    )
  return paths
}

interface Shown {
  readonly action: Action
  /** How the operation's id ends. */
  readonly suffix: string
  /** The subresource that it is about. */
  readonly shown: Below | undefined
}

function operation(
  definition: ResourceDefinition,
  nameOfKind: (kind: Pick<ResourceDefinition, 'group' | 'version' | 'kind'>) => string,
  dialect: Dialect,
  { action: { action, id, says, parameters, codes }, suffix, shown }: Shown,
): Json {
  const { version } = definition
  const type = shown ?? definition
  const group = groupName(definition.group)
  const refer = (name: string): Json => ({ $ref: dialect.prefix + name })
  // What becomes a connection has no objects.
  const connects = shown?.kind.endsWith('Options') === true
  const list = action === 'list'
  const answer = action.startsWith('delete') ? nameOf('meta-v1.Status') : nameOfKind(type) + (list ? 'List' : '')
  const custom = definition.custom === true
  const types = custom ? [mediaTypes.json, mediaTypes.yaml] : wholeTypes
  const answers = list && !custom ? [...types, ...[mediaTypes.json, mediaTypes.protobuf].map(streaming)] : types
  const [before, after = ''] = connects ? ['connect', capital(action)] : id.split(/(?=Collection)/)
  const schema = connects ? { type: 'string' } : refer(answer)
  const said = shown === undefined ? says(definition.kind) : `${says(definition.kind)}: ${shown.name}`
  return {
    tags: [`${group}_${version}`],
    description: said,
    operationId: `${before}${capital(group)}${capital(version)}${after}${suffix}`,
    ...dialect.request(
      parameters.map((name) => dialect.parameter(name, 'query')),
      connects ? {} : bodyOf(action, refer(nameOfKind(type)), refer),
      answers,
    ),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [code, { description: meanings[code], ...dialect.content(answers, schema) }]),
      ),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': connects ? 'connect' : action,
    'x-kubernetes-group-version-kind': { group: type.group, version: type.version, kind: type.kind },
  }
}

const streaming = (type: string): string => `${type};stream=watch`

/** What a request carries: schemas by content type. */
function bodyOf(action: string, object: Json, refer: (name: string) => Json): Readonly<Record<string, Json>> {
  if (action === 'post' || action === 'put') return { '*/*': object }
  if (action.startsWith('delete')) return { '*/*': refer(nameOf('meta-v1.DeleteOptions')) }
  if (action === 'patch') return Object.fromEntries(patchTypes.map((type) => [type, refer(nameOf('meta-v1.Patch'))]))
  return {}
}

/** `rbacAuthorization` of rbac.authorization.k8s.io. */
const groupName = (group: string): string =>
  group === ''
    ? 'core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split(/[.-]/)
        .map((part, index) => (index === 0 ? part : capital(part)))
        .join('')
