/**
 * May they? Role-based access control over the stored roles and bindings. What it reads is compiled again when one of
 * them has changed. Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation.
 */
import { objectKey, resourceId } from '../../kube/object.ts'
import type { KubeRequest } from '../../kube/request.ts'
import { aggregated, forbidden } from '../../kube/status.ts'
import { clusterRoleBindings } from '../resources/clusterrolebindings.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import { roleBindings } from '../resources/rolebindings.ts'
import { roles } from '../resources/roles.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { User } from './authenticate.ts'
import { ruleAllows, type AccessAttributes, type PolicyRule } from './policy-rule.ts'

export interface RoleRef {
  readonly kind: string
  readonly name: string
}

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

interface Grant {
  /** Empty: everywhere. */
  readonly namespace: string
  /** The binding and its role, as answers about access name them. */
  readonly by: string
  readonly subjects: readonly Subject[]
  readonly rules: readonly PolicyRule[]
  /** The role that is not there. */
  readonly missing?: string
}

type Role = KubeObject & { rules?: PolicyRule[] | null }
type Binding = KubeObject & { subjects?: Subject[] | null; roleRef: RoleRef }

export class RoleBasedAccess {
  readonly #store: ObjectStore
  #grants: readonly Grant[] | undefined

  constructor(store: ObjectStore) {
    this.#store = store
    store.listen(({ group }) => {
      if (group === 'rbac.authorization.k8s.io') this.#grants = undefined
    })
  }

  readonly allows = (user: User, attributes: AccessAttributes): boolean =>
    user.groups.includes('system:masters') || this.#granting(user, attributes) !== undefined

  /** Everything that the user is granted in a namespace, cluster-wide grants included. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#grantsOf(user, namespace).flatMap(({ rules }) => rules)
  }

  /** What a binding in the namespace would grant; undefined where its role is not there. */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const definition = kind === 'Role' ? roles : clusterRoles
    const { rules, missing } = this.#rulesOf(definition, name, kind === 'Role' ? namespace : '')
    return missing === undefined ? rules : undefined
  }

  /** Which binding lets the user do it; why none could be looked at; empty for those who need none. */
  reason(user: User, attributes: AccessAttributes): string {
    if (user.groups.includes('system:masters')) return ''
    const grant = this.#granting(user, attributes)
    const subject = grant?.subjects.find((each) => isSubject(each, user))
    if (grant === undefined || subject === undefined) {
      const problems = this.problems(user, namespaceOf(attributes))
      return problems === '' ? '' : `RBAC: ${problems}`
    }
    const { kind, name, namespace } = subject
    return `RBAC: allowed by ${grant.by} to ${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace}` : name)}`
  }

  /** Roles that bindings of the user name and that are not there; empty where all are. */
  problems(user: User, namespace: string): string {
    const missing = new Set(this.#grantsOf(user, namespace).flatMap((grant) => grant.missing ?? []))
    return missing.size === 0 ? '' : aggregated([...missing].map((role) => `${role} not found`))
  }

  #granting(user: User, attributes: AccessAttributes): Grant | undefined {
    return this.#grantsOf(user, namespaceOf(attributes)).find(({ rules }) =>
      rules.some((rule) => ruleAllows(rule, attributes)),
    )
  }

  #grantsOf(user: User, namespace: string): readonly Grant[] {
    this.#grants ??= this.#compile()
    return this.#grants
      .filter((grant) => grant.namespace === '' || grant.namespace === namespace)
      .filter(({ subjects }) => subjects.some((subject) => isSubject(subject, user)))
  }

  /** Throws 403 in the real server's words. */
  require(user: User, attributes: AccessAttributes): void {
    if (!this.allows(user, attributes)) throw refusal(user, attributes, this.reason(user, attributes))
  }

  /** What a request asks for, as authorizers look at it. */
  attributesOf(request: KubeRequest): AccessAttributes {
    if (!request.isResource) return { verb: request.method.toLowerCase(), path: request.path }
    const { group, resource } = request
    const name = request.name === '' ? selectedName(request) : request.name
    // A namespace is in itself, where its path names it.
    const namespace = group === '' && resource === 'namespaces' && request.name !== '' ? name : request.namespace
    const [subresource = ''] = request.subresource.split('/')
    return { verb: accessVerb(request), group, resource, subresource, namespace, name }
  }

  #compile(): Grant[] {
    const grants: Grant[] = []
    for (const binding of this.#store.all(clusterRoleBindings) as Binding[])
      grants.push({
        namespace: '',
        by: `ClusterRoleBinding "${binding.metadata.name}" of ClusterRole "${binding.roleRef.name}"`,
        subjects: binding.subjects ?? [],
        ...this.#rulesOf(clusterRoles, binding.roleRef.name),
      })
    for (const binding of this.#store.all(roleBindings) as Binding[]) {
      const namespace = binding.metadata.namespace as string
      const { kind, name } = binding.roleRef
      const rules = kind === 'ClusterRole' ? this.#rulesOf(clusterRoles, name) : this.#rulesOf(roles, name, namespace)
      const by = `RoleBinding "${binding.metadata.name}/${namespace}" of ${kind} "${name}"`
      grants.push({ namespace, by, subjects: binding.subjects ?? [], ...rules })
    }
    return grants
  }

  #rulesOf(definition: typeof roles, name: string, namespace = ''): Pick<Grant, 'rules' | 'missing'> {
    const role = this.#store.get(definition, objectKey({ name, ...(namespace === '' ? {} : { namespace }) }))?.value
    return role === undefined
      ? { rules: [], missing: `${definition.singular}.${definition.group} ${JSON.stringify(name)}` }
      : { rules: (role as Role).rules ?? [] }
  }
}

/** Who asks for the one object of a name may do so where they may read that one. Source: requestinfo.go. */
function selectedName({ verb, query }: KubeRequest): string {
  if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return ''
  return /(?:^|,)metadata\.name==?([^,]*)/.exec(query.get('fieldSelector') ?? '')?.[1] ?? ''
}

/** Port-forward and the like are checked as the HTTP method says. Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go. */
export const accessVerb = ({ verb, method }: KubeRequest): string =>
  verb !== 'connect' ? verb : method === 'GET' ? 'get' : 'create'

function isSubject({ kind, name, namespace = '' }: Subject, user: User): boolean {
  if (kind === 'User') return user.name === name
  if (kind === 'Group') return user.groups.includes(name)
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace}:${name}`
}

const namespaceOf = (attributes: AccessAttributes): string => ('path' in attributes ? '' : attributes.namespace)

/** 403, with the reason where there is one. Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters. */
export function refusal(user: User, attributes: AccessAttributes, reason: string): Error {
  const because = reason === '' ? '' : `: ${reason}`
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`
  if ('path' in attributes)
    return forbidden(
      { group: '', resource: '', name: '' },
      `forbidden: ${who} path ${JSON.stringify(attributes.path)}${because}`,
    )
  const { group, resource, subresource, namespace, name } = attributes
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const subject = resourceId(attributes)
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return forbidden(
    { group, resource, name },
    `${subject}${name === '' ? '' : ` "${name}"`} is forbidden: ${who} resource "${what}" in API group "${group}" ${scope}${because}`,
  )
}
