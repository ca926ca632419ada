/**
 * What can be asked of a kind, as the published documents list it. Source: k8s.io/apiserver/pkg/endpoints/installer.go,
 * k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder.
 */
import { apiVersionOf } from '../../kube/object.ts'
import { applyPatchType, jsonPatchType, mergePatchType, strategicPatchType } from '../patch-body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { mediaTypes, wholeTypes } from '../negotiate.ts'
import { subresourcesOf, verbsOf, type Below } from '../non-resource/discovery.ts'
import { actions, customActions, type Action } from './actions.ts'
import type { Body, Dialect, Json } from './dialects.ts'
import { connects, inPath, inQuery, optionsOf, reading, shared, type Parameter } from './parameters.ts'
import { capital } from './prose.ts'
import { nameOf } from './types.ts'

const ofCollection = ['list', 'create', 'deletecollection']
const ofObject = ['get', 'update', 'delete', 'patch']
const ofSubresource = ['get', 'create', 'update', 'delete', 'patch']
const meanings: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

const inOrder = (wanted: readonly string[], has: readonly string[]): string[] =>
  wanted.filter((verb) => has.includes(verb))

type NameOfKind = (kind: Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'custom'>) => string

/** Paths and what is done there; `nameOfKind` is that of a schema. */
export function pathsOf(definition: ResourceDefinition, nameOfKind: NameOfKind, dialect: Dialect): Json {
  const { namespaced, resource, group, kind, custom } = definition
  const verbs = verbsOf(definition)
  const root = group === '' ? '/api/v1' : `/apis/${apiVersionOf(definition)}`
  const place = `${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`
  const collection = `${root}/${place}`
  const scoped = (namespaced ? 'Namespaced' : '') + kind
  const paths: Json = {}
  const add = (path: string, served: readonly string[], suffix: string, shown?: Below): void => {
    if (served.length > 0) paths[path] = pathItem(path, served, { definition, nameOfKind, dialect, suffix, shown })
  }
  add(collection, inOrder(ofCollection, verbs), scoped)
  if (namespaced && verbs.includes('list')) add(`${root}/${resource}`, ['list'], `${kind}ForAllNamespaces`)
  add(`${collection}/{name}`, inOrder(ofObject, verbs), scoped)
  for (const below of subresourcesOf(definition)) {
    const [path, suffix] = [`${collection}/{name}/${below.name}`, scoped + capital(below.name)]
    const served = inOrder(ofSubresource, below.verbs)
    const proxied = below.name === 'proxy' ? [...served, 'head', 'options'] : served
    add(path, proxied, suffix, below)
    if (below.name === 'proxy') add(`${path}/{path}`, proxied, `${suffix}WithPath`, below)
  }
  if (custom !== true && verbs.includes('watch')) {
    add(`${root}/watch/${place}`, ['watchlist'], `${scoped}List`)
    if (namespaced) add(`${root}/watch/${resource}`, ['watchlist'], `${kind}ListForAllNamespaces`)
    if (verbs.includes('get')) add(`${root}/watch/${place}/{name}`, ['watch'], scoped)
  }
  return paths
}

interface Shown {
  readonly definition: ResourceDefinition
  readonly nameOfKind: NameOfKind
  readonly dialect: Dialect
  /** How the operation's id ends. */
  readonly suffix: string
  /** The subresource that it is about. */
  readonly shown: Below | undefined
}

function pathItem(path: string, verbs: readonly string[], about: Shown): Json {
  const { definition, dialect, shown } = about
  const inIt = inPath(path, definition.custom === true ? definition.kind : (shown ?? definition).kind)
  const known = definition.custom === true ? customActions : actions
  const watched = verbsOf(definition).includes('watch')
  const all = verbs.map((verb) => (verb === 'list' && !watched ? customActions : known)[verb] as Action)
  const taken = all.map((action): Parameter[] => {
    if (shown !== undefined && connects(shown)) return [...inIt, ...optionsOf(shown)]
    const named = ['pretty', ...action.parameters, ...(shown?.name === 'log' ? reading : [])]
    return [...inIt, ...named.map((name) => inQuery(name, action))]
  })
  const [common, own] = shared(taken)
  const operations = all.map((action, index): [string, Json] => [
    action.method ?? action.action,
    operation(action, (own[index] as Parameter[]).map(dialect.parameter), about),
  ])
  return { ...Object.fromEntries(operations), parameters: common.map(dialect.parameter) }
}

function operation(act: Action, parameters: readonly Json[], about: Shown): Json {
  const { definition, dialect, suffix, shown } = about
  const { action, id, says } = act
  const type = shown === undefined || definition.custom === true ? definition : shown
  const group = groupName(definition.group)
  const connected = connects(shown)
  const [before, after = ''] = connected ? ['connect', capital(action)] : id.split(/(?=Collection)/)
  const part = shown === undefined ? '' : `${shown.name} of `
  const said = connected
    ? `connect ${action.toUpperCase()} requests to ${part}${definition.kind}`
    : says(definition.kind, part)
  const types = answersOf(action, about)
  const codes = connected ? [200] : act.codes
  return {
    tags: [`${group}_${definition.version}`],
    description: said,
    operationId: `${before}${capital(group)}${capital(definition.version)}${after}${suffix}`,
    ...dialect.request(parameters, connected ? undefined : bodyOf(act, about), sentOf(definition), types),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [
          code,
          { description: meanings[code], ...dialect.content(types, schemaOf(action, about)) },
        ]),
      ),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': connected ? 'connect' : action,
    'x-kubernetes-group-version-kind': { group: type.group, version: type.version, kind: type.kind },
  }
}

const streaming = (type: string): string => `${type};stream=watch`
const streams = [mediaTypes.json, mediaTypes.protobuf].map(streaming)
const customTypes = [mediaTypes.json, mediaTypes.yaml]

/** The types of answers. */
function answersOf(action: string, { definition, shown }: Shown): readonly string[] {
  if (connects(shown)) return ['*/*']
  if (definition.custom === true) return customTypes
  if (shown?.name === 'log') return ['text/plain', ...wholeTypes]
  return action === 'list' || action.startsWith('watch') ? [...wholeTypes, ...streams] : wholeTypes
}

const refer = ({ prefix }: Dialect, name: string): Json => ({ $ref: prefix + name })

/** The schema of answers. */
function schemaOf(action: string, { definition, nameOfKind, dialect, shown }: Shown): Json {
  if (connects(shown) || shown?.name === 'log') return { type: 'string' }
  if (action.startsWith('watch')) return refer(dialect, nameOf('meta-v1.WatchEvent'))
  if (action === 'deletecollection' || (action === 'delete' && definition.returnsDeleted !== true))
    return refer(dialect, nameOf('meta-v1.Status'))
  return refer(dialect, nameOfKind(shown ?? definition) + (action === 'list' ? 'List' : ''))
}

const sentOf = ({ custom }: ResourceDefinition): readonly string[] => (custom === true ? customTypes : ['*/*'])

const customPatchTypes = [jsonPatchType, mergePatchType, applyPatchType]
const patchTypes = [jsonPatchType, mergePatchType, strategicPatchType, applyPatchType]

function bodyOf({ body }: Action, { definition, nameOfKind, dialect, shown }: Shown): Body | undefined {
  if (body === undefined) return undefined
  if (body === 'patch') {
    const types = definition.custom === true ? customPatchTypes : patchTypes
    return { types, schema: refer(dialect, nameOf('meta-v1.Patch')), required: true }
  }
  const types = sentOf(definition)
  if (body === 'options') return { types, schema: refer(dialect, nameOf('meta-v1.DeleteOptions')), required: false }
  return { types, schema: refer(dialect, nameOfKind(shown ?? definition)), required: true }
}

/** `rbacAuthorization` of rbac.authorization.k8s.io. */
export const groupName = (group: string): string =>
  group === ''
    ? 'core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split(/[.-]/)
        .map((part, index) => (index === 0 ? part : capital(part)))
        .join('')
