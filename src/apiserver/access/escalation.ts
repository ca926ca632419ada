/**
 * Nobody grants what they do not hold, unless they may escalate roles or bind the one in question.
 * Source: k8s.io/kubernetes/pkg/registry/rbac/escalation_check.go, {role,clusterrole,rolebinding,clusterrolebinding}/policybased.
 */
import { quotedList } from '../../kube/go-print.ts'
import { deepEqual } from '../../kube/object.ts'
import { notAllowed, notFound } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import type { User } from './authenticate.ts'
import type { PolicyRule } from './policy-rule.ts'
import { uncovered } from './policy-rule.ts'
import type { RoleBasedAccess, RoleRef } from './rbac.ts'

/** Who writes, through which path. */
export interface WriterContext {
  readonly user: User
  readonly rbac: RoleBasedAccess
  /** Empty for kinds of the cluster. */
  readonly namespace: string
  /** As the path names it: empty where the object is new. */
  readonly name: string
  readonly subresource: string
}

/** Throws 403 where the writer may not have the object as it is. */
export type Authorize = (object: KubeObject, before: KubeObject | undefined, writer: WriterContext) => void

const group = 'rbac.authorization.k8s.io'
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/** For roles: their rules have to be held. */
export const authorizeRole =
  (resource: 'roles' | 'clusterroles'): Authorize =>
  (role, before, { user, rbac, namespace, name }) => {
    if (onlyCollected(role, before)) return
    if (rbac.allows(user, { verb: 'escalate', group, resource, subresource: '', namespace, name })) return
    const refused = (why: string): Error => denied(resource, role, why)
    const { rules, aggregationRule } = role as { rules?: readonly PolicyRule[] | null; aggregationRule?: object }
    const problem = notHeld(rbac, user, namespace, rules ?? [])
    if (problem !== undefined) throw refused(problem)
    // What an aggregating role gathers is anybody's guess.
    const asBefore = deepEqual(aggregationRule, before?.['aggregationRule'])
    if (aggregationRule !== undefined && !asBefore && notHeld(rbac, user, namespace, everything) !== undefined)
      throw refused('must have cluster-admin privileges to use the aggregationRule')
  }

/** For bindings: the rules of their role have to be held. */
export const authorizeBinding =
  (resource: 'rolebindings' | 'clusterrolebindings'): Authorize =>
  (binding, before, { user, rbac, namespace }) => {
    if (onlyCollected(binding, before) || user.groups.includes('system:masters')) return
    const { roleRef } = binding as unknown as { roleRef: RoleRef }
    if (mayBind(rbac, user, roleRef, namespace)) return
    const rules = rbac.rulesOf(roleRef, namespace)
    // The real server's client asks for the role, and this resource answers that it isn't there.
    if (rules === undefined) throw notFound({ group, resource, name: roleRef.name })
    const problem = notHeld(rbac, user, namespace, rules)
    if (problem !== undefined) throw denied(resource, binding, problem)
  }

function mayBind(rbac: RoleBasedAccess, user: User, { kind, name }: RoleRef, namespace: string): boolean {
  if (kind !== 'Role' && kind !== 'ClusterRole') return false
  const resource = kind === 'Role' ? 'roles' : 'clusterroles'
  return rbac.allows(user, { verb: 'bind', group, resource, subresource: '', namespace, name })
}

function notHeld(
  rbac: RoleBasedAccess,
  user: User,
  namespace: string,
  rules: readonly PolicyRule[],
): string | undefined {
  const missing = uncovered(rbac.rulesFor(user, namespace), rules)
  if (missing.length === 0) return undefined
  const problems = rbac.problems(user, namespace)
  const unresolved = problems === '' ? '' : `; resolution errors: [${problems}]`
  return `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}${unresolved}`
}

/** Whoever may only finish off an object that is being deleted changes nothing else. */
function onlyCollected(object: KubeObject, before: KubeObject | undefined): boolean {
  if (before === undefined) return false
  const rest = ({ metadata, ...body }: KubeObject): object => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...kept } = metadata
    return { ...body, metadata: kept }
  }
  return deepEqual(rest(object), rest(before))
}

const denied = (resource: string, { metadata: { name = '' } }: KubeObject, why: string): Error =>
  notAllowed({ group, resource, name }, why)
