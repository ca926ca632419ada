/** What match conditions and policies see. Source: k8s.io/apiserver/pkg/admission/plugin/cel/compile.go. */
import { compile } from '../cel/compile.ts'
import { parseType } from '../cel/overload.ts'
import { dyn, list, struct, typeText, type Type } from '../cel/types.ts'

/** Fields are of types as declarations write them, or of those given. */
const object = (name: string, fields: Readonly<Record<string, Type | string>>): Type =>
  struct(
    `kubernetes.${name}`,
    new Map(
      Object.entries(fields).map(
        ([field, type]) => [field, typeof type === 'string' ? parseType(type) : type] as const,
      ),
    ),
  )

const kind = object('GroupVersionKind', { group: 'string', version: 'string', kind: 'string' })
const resource = object('GroupVersionResource', { group: 'string', version: 'string', resource: 'string' })
const request = object('AdmissionRequest', {
  kind,
  resource,
  subResource: 'string',
  requestKind: kind,
  requestResource: resource,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: object('UserInfo', {
    username: 'string',
    uid: 'string',
    groups: 'list(string)',
    extra: 'map(string, list(string))',
  }),
  dryRun: 'bool',
  options: 'dyn',
})

const namespace = object('Namespace', {
  metadata: object('NamespaceMetadata', {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: 'map(string, string)',
    annotations: 'map(string, string)',
    UID: 'string',
    creationTimestamp: 'timestamp',
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: 'timestamp',
    generation: 'int',
    resourceVersion: 'string',
    finalizers: 'list(string)',
  }),
  spec: object('NamespaceSpec', { finalizers: 'list(string)' }),
  status: object('NamespaceStatus', {
    phase: 'string',
    conditions: list(
      object('NamespaceCondition', {
        status: 'string',
        type: 'string',
        lastTransitionTime: 'timestamp',
        message: 'string',
        reason: 'string',
      }),
    ),
  }),
})

/** What there is to look at, besides what a place adds. */
const commonVariables: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['object', dyn],
  ['oldObject', dyn],
  ['request', request],
  ['namespaceObject', namespace],
])
export const authorizerVariables: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['authorizer', parseType('Authorizer')],
  ['authorizer.requestResource', parseType('ResourceCheck')],
])

/** Of match conditions and what else a policy says; those of a policy with parameters see them. */
export const conditionVariables = (params: boolean): ReadonlyMap<string, Type> =>
  new Map<string, Type>([...commonVariables, ...authorizerVariables, ...(params ? [['params', dyn] as const] : [])])

const nameOf = (type: Type): string => (type.name === 'null' ? 'null_type' : typeText(type))

/** What is wrong with an expression that is to be of one of some types. */
export function expressionProblem(
  expression: string,
  variables: ReadonlyMap<string, Type>,
  wanted: readonly string[] = ['bool'],
): string | undefined {
  const compiled = compile(expression, variables)
  if ('problem' in compiled) return compiled.problem
  if (wanted.includes(nameOf(compiled.type))) return undefined
  const [only, ...more] = wanted
  const which = more.length === 0 ? only : `one of [${wanted.join(' ')}]`
  return `must evaluate to ${which} but got ${nameOf(compiled.type)}`
}

/** What is wrong with a match condition. */
export const conditionProblem = (expression: string, params = false): string | undefined =>
  expressionProblem(expression, conditionVariables(params))
