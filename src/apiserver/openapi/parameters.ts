/**
 * What requests may say beside their bodies. Source: k8s.io/apiserver/pkg/endpoints/installer.go,
 * findCommonParameters in k8s.io/kube-openapi/pkg/builder.
 */
import { messageOf, messageOfKind, type FieldType, type ScalarName } from '../../kube/types/tables.ts'
import type { Below } from '../non-resource/discovery.ts'

export interface Parameter {
  readonly name: string
  readonly place: 'path' | 'query'
  readonly type: string
}

const types: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'boolean',
  follow: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
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

export const inQuery = (name: string): Parameter => ({ name, place: 'query', type: types[name] ?? 'string' })

export const inPath = (path: string): Parameter[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, place: 'path', type: 'string' }))

const scalars: Partial<Record<ScalarName, string>> = { bool: 'boolean', int32: 'integer', int64: 'integer' }

const scalarOf = (type: FieldType): string =>
  type.kind === 'list' ? scalarOf(type.element) : type.kind === 'scalar' ? (scalars[type.name] ?? 'string') : 'object'

/** What becomes a connection has no objects, but options. */
export const connects = (below: Below | undefined): boolean => below?.kind.endsWith('Options') === true

/** The fields of the options that a connection is asked for with. */
export function optionsOf({ group, version, kind }: Below): Parameter[] {
  const message = messageOfKind(group, version, kind)
  const fields = message === undefined ? [] : messageOf(message.name).fields
  return fields.map(({ name, type }) => ({ name, place: 'query', type: scalarOf(type) }))
}

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
