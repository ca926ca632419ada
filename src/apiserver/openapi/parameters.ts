/**
 * What requests may say beside their bodies. Source: k8s.io/apiserver/pkg/endpoints/installer.go,
 * findCommonParameters in k8s.io/kube-openapi/pkg/builder.
 */
import { messageOf, messageOfKind, type FieldType, type ScalarName } from '../../kube/types/tables.ts'
import { deleting, type Action } from './actions.ts'
import { parameterProse } from './parameter-prose.ts'
import type { Below } from '../non-resource/discovery.ts'

export interface Parameter {
  readonly name: string
  readonly place: 'path' | 'query'
  readonly type: string
  readonly text: string | undefined
}

const types: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'boolean',
  follow: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  ignoreStoreReadErrorWithClusterBreakingPotential: 'boolean',
  insecureSkipTLSVerifyBackend: 'boolean',
  limit: 'integer',
  limitBytes: 'integer',
  orphanDependents: 'boolean',
  previous: 'boolean',
  sendInitialEvents: 'boolean',
  sinceSeconds: 'integer',
  tailLines: 'integer',
  timeoutSeconds: 'integer',
  timestamps: 'boolean',
  watch: 'boolean',
}

/** PodLogOptions. */
export const reading = [
  'container',
  'follow',
  'insecureSkipTLSVerifyBackend',
  'limitBytes',
  'previous',
  'sinceSeconds',
  'stream',
  'tailLines',
  'timestamps',
]

/** Of what is done with an object, or with a collection: as the client says of those that have everything. */
export function inQuery(name: string, { id }: Action): Parameter {
  const operation = reading.includes(name)
    ? parameterProse('CoreV1', 'ReadNamespacedPodLog')
    : parameterProse('AppsV1', `${deleting.includes(name) ? 'Delete' : (clients[id] ?? 'List')}NamespacedDeployment`)
  return { name, place: 'query', type: types[name] ?? 'string', text: operation.get(name) }
}

/** What is said of a writer's name differs. */
const clients: Readonly<Record<string, string>> = { create: 'Create', replace: 'Replace', patch: 'Patch' }

export function inPath(path: string, kind: string): Parameter[] {
  const prose = parameterProse('CoreV1', 'ConnectGetNamespacedPodProxyWithPath')
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    place: 'path',
    type: 'string',
    text: name === 'name' ? `name of the ${kind}` : prose.get(name),
  }))
}

const scalars: Partial<Record<ScalarName, string>> = { bool: 'boolean', int32: 'integer', int64: 'integer' }

const scalarOf = (type: FieldType): string =>
  type.kind === 'list' ? scalarOf(type.element) : type.kind === 'scalar' ? (scalars[type.name] ?? 'string') : 'object'

/** What becomes a connection has no objects, but options. */
export const connects = (below: Below | undefined): boolean => below?.kind.endsWith('Options') === true

/** The fields of the options that a connection is asked for with. */
export function optionsOf({ group, version, kind }: Below): Parameter[] {
  const message = messageOfKind(group, version, kind)
  const fields = message === undefined ? [] : messageOf(message.name).fields
  const prose = parameterProse('CoreV1', `ConnectGet${connected(kind)}`)
  return fields.map(({ name, type }) => ({ name, place: 'query', type: scalarOf(type), text: prose.get(name) }))
}

/** `NamespacedPodExec` of PodExecOptions. */
const connected = (kind: string): string =>
  (kind.startsWith('Node') ? '' : 'Namespaced') + kind.replace(/Options$/, '').replace('PortForward', 'Portforward')

const keyOf = ({ name, place }: Parameter): string => `${name} ${place}`

/** What every operation of a path takes, and what is left to each, in alphabetical order. */
export function shared(operations: readonly (readonly Parameter[])[]): [common: Parameter[], own: Parameter[][]] {
  const [first = [], ...others] = operations
  const isCommon = (parameter: Parameter): boolean =>
    others.every((each) => each.some((other) => keyOf(other) === keyOf(parameter)))
  const common = inOrder(first.filter(isCommon))
  const keys = new Set(common.map(keyOf))
  return [common, operations.map((each) => inOrder(each.filter((parameter) => !keys.has(keyOf(parameter)))))]
}

const inOrder = (parameters: readonly Parameter[]): Parameter[] =>
  parameters.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
