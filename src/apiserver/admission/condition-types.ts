/** What match conditions see. Source: k8s.io/apiserver/pkg/admission/plugin/cel/compile.go. */
import { compile } from '../cel/compile.ts'
import { parseType } from '../cel/overload.ts'
import { bool, dyn, list, struct, typeText, type Type } from '../cel/types.ts'

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

const variables = new Map<string, Type>([
  ['object', dyn],
  ['oldObject', dyn],
  ['request', request],
  ['namespaceObject', namespace],
  ['authorizer', parseType('Authorizer')],
  ['authorizer.requestResource', parseType('ResourceCheck')],
])

/** What is wrong with a webhook's match condition. */
export function conditionProblem(expression: string): string | undefined {
  const compiled = compile(expression, variables)
  if ('problem' in compiled) return compiled.problem
  return compiled.type === bool ? undefined : `must evaluate to bool but got ${typeText(compiled.type)}`
}
