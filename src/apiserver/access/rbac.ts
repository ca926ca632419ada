/**
 * May they? Role-based access control over the stored roles and bindings. What it reads is compiled again when one of
 * them has changed. Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation.
 */
import { objectKey } from '../../kube/object.ts'
import type { KubeRequest } from '../../kube/request.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { aggregated, forbidden } from '../../kube/status.ts'
import { clusterRoleBindings } from '../resources/clusterrolebindings.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import { roleBindings } from '../resources/rolebindings.ts'
import { roles } from '../resources/roles.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { ResourceAttributes, User } from './authenticate.ts'

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
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

type Role = KubeObject & {
  rules?: PolicyRule[] | null
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] }
}
type Binding = KubeObject & { subjects?: Subject[] | null; roleRef: { kind: string; name: string } }

export class RoleBasedAccess {
  readonly #store: ObjectStore
  #grants: readonly Grant[] | undefined

  constructor(store: ObjectStore) {
    this.#store = store
    store.listen(({ group }) => {
      if (group === 'rbac.authorization.k8s.io') this.#grants = undefined
    })
  }

  readonly allows = (user: User, attributes: ResourceAttributes): boolean =>
    user.groups.includes('system:masters') || this.#granting(user, attributes) !== undefined

  allowsPath(user: User, verb: string, path: string): boolean {
    if (user.groups.includes('system:masters')) return true
    return this.rulesFor(user, '').some(
      ({ verbs, nonResourceURLs = [] }) => matches(verbs, verb) && nonResourceURLs.some((url) => urlMatches(url, path)),
    )
  }

  /** Everything that the user is granted in a namespace, cluster-wide grants included. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#grantsOf(user, namespace).flatMap(({ rules }) => rules)
  }

  /** Which binding lets the user do it; why none could be looked at; empty for those who need none. */
  reason(user: User, attributes: ResourceAttributes): string {
    if (user.groups.includes('system:masters')) return ''
    const grant = this.#granting(user, attributes)
    const subject = grant?.subjects.find((each) => isSubject(each, user))
    if (grant === undefined || subject === undefined) return this.#problems(user, attributes.namespace)
    const { kind, name, namespace } = subject
    return `RBAC: allowed by ${grant.by} to ${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace}` : name)}`
  }

  /** Roles that bindings of the user name and that are not there. */
  #problems(user: User, namespace: string): string {
    const missing = new Set(this.#grantsOf(user, namespace).flatMap((grant) => grant.missing ?? []))
    const texts = [...missing].map((role) => `${role} not found`)
    return texts.length === 0 ? '' : `RBAC: ${aggregated(texts)}`
  }

  #granting(user: User, attributes: ResourceAttributes): Grant | undefined {
    return this.#grantsOf(user, attributes.namespace).find(({ rules }) =>
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
  authorize(user: User, request: KubeRequest): void {
    if (user.groups.includes('system:masters')) return
    if (!request.isResource) {
      const verb = request.method.toLowerCase()
      if (this.allowsPath(user, verb, request.path)) return
      throw forbidden(
        { group: '', resource: '', name: '' },
        `forbidden: User "${user.name}" cannot ${verb} path "${request.path}"${because(this.#problems(user, ''))}`,
      )
    }
    const { group, resource, subresource, namespace } = request
    const name = request.name === '' ? selectedName(request) : request.name
    const attributes = { verb: accessVerb(request), group, resource, subresource, namespace, name }
    if (!this.allows(user, attributes)) throw denied(user, attributes, this.#problems(user, namespace))
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
      : { rules: aggregatedRules(this.#store, role) }
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

/** A role's own rules, or those of the roles that it aggregates. */
function aggregatedRules(store: ObjectStore, role: KubeObject): readonly PolicyRule[] {
  const { rules, aggregationRule } = role as Role
  if (aggregationRule === undefined) return rules ?? []
  const matchers = (aggregationRule.clusterRoleSelectors ?? []).map(labelSelectorMatcher)
  return store
    .all(clusterRoles)
    .filter((other) => other !== role && matchers.some((selects) => selects(other.metadata.labels)))
    .flatMap((other) => aggregatedRules(store, other))
}

const matches = (allowed: readonly string[], wanted: string): boolean =>
  allowed.includes('*') || allowed.includes(wanted)

function ruleAllows(rule: PolicyRule, { verb, group, resource, subresource, name }: ResourceAttributes): boolean {
  if (!matches(rule.verbs, verb) || !matches(rule.apiGroups ?? [], group)) return false
  const { resources = [], resourceNames = [] } = rule
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  const named = resources.some(
    (each) => each === '*' || each === combined || (subresource !== '' && each === `*/${subresource}`),
  )
  return named && (resourceNames.length === 0 || resourceNames.includes(name))
}

const urlMatches = (pattern: string, path: string): boolean =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))

function isSubject({ kind, name, namespace = '' }: Subject, user: User): boolean {
  if (kind === 'User') return user.name === name
  if (kind === 'Group') return user.groups.includes(name)
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace}:${name}`
}

const because = (problems: string): string => (problems === '' ? '' : `: ${problems}`)

function denied(
  user: User,
  { group, resource, subresource, namespace, name, verb }: ResourceAttributes,
  problems: string,
): Error {
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const subject = group === '' ? resource : `${resource}.${group}`
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return forbidden(
    { group, resource, name },
    `${subject}${name === '' ? '' : ` "${name}"`} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${scope}${because(problems)}`,
  )
}
