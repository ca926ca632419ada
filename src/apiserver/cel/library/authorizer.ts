/** Asks what the user of a request may do. Source: k8s.io/apiserver/pkg/cel/library/authz.go. */
import type { Environment } from '@marcbachmann/cel-js'
import type { User } from '../../access/authenticate.ts'
import type { AccessAttributes, ResourceAttributes } from '../../access/policy-rule.ts'

export interface Access {
  allows(user: User, attributes: AccessAttributes): boolean
  reason(user: User, attributes: AccessAttributes): string
}

class Decision {
  readonly allowed: boolean
  readonly reason: string

  constructor(access: Access, user: User, attributes: AccessAttributes) {
    this.allowed = access.allows(user, attributes)
    this.reason = access.reason(user, attributes)
  }
}

/** What may be asked about: the authorizer, then more and more of what it is asked for. */
abstract class Question {
  readonly access: Access
  readonly user: User

  constructor(access: Access, user: User) {
    this.access = access
    this.user = user
  }

  protected decide(attributes: AccessAttributes): Decision {
    return new Decision(this.access, this.user, attributes)
  }
}

class PathCheck extends Question {
  readonly path: string

  constructor({ access, user }: Question, path: string) {
    super(access, user)
    if (path === '') throw new Error('path must not be empty')
    this.path = path
  }

  check(verb: string): Decision {
    return this.decide({ verb, path: this.path })
  }
}

class GroupCheck extends Question {
  readonly group: string

  constructor({ access, user }: Question, group: string) {
    super(access, user)
    this.group = group
  }
}

class ResourceCheck extends Question {
  readonly asked: Omit<ResourceAttributes, 'verb'>

  constructor(
    { access, user }: Question,
    asked: Pick<ResourceAttributes, 'group' | 'resource'> & Partial<ResourceAttributes>,
  ) {
    super(access, user)
    if (asked.resource === '') throw new Error('resource must not be empty')
    this.asked = { subresource: '', namespace: '', name: '', ...asked }
  }

  with(more: Partial<ResourceAttributes>): ResourceCheck {
    return new ResourceCheck(this, { ...this.asked, ...more })
  }

  check(verb: string): Decision {
    return this.decide({ verb, ...this.asked })
  }
}

export class Authorizer extends Question {
  /** What the request is for. */
  readonly requestResource: ResourceCheck

  constructor(access: Access, user: User, request: Omit<ResourceAttributes, 'verb'>) {
    super(access, user)
    this.requestResource = new ResourceCheck(this, request)
  }

  /** The same of what a service account may do. */
  of(namespace: string, name: string): Authorizer {
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
    const user = { name: `system:serviceaccount:${namespace}:${name}`, groups }
    return new Authorizer(this.access, user, this.requestResource.asked)
  }
}

export function registerAuthorizer(environment: Environment): void {
  const type = (name: string): string => `kubernetes.authorization.${name}`
  const [authorizer, path, group] = [type('Authorizer'), type('PathCheck'), type('GroupCheck')]
  const [resource, decision] = [type('ResourceCheck'), type('Decision')]
  environment.registerType(path, PathCheck)
  environment.registerType(group, GroupCheck)
  environment.registerType(resource, ResourceCheck)
  environment.registerType(decision, Decision)
  environment.registerType(authorizer, { ctor: Authorizer, fields: { requestResource: resource } })
  environment
    .registerFunction(`${authorizer}.path(string): ${path}`, (of: Authorizer, name: string) => new PathCheck(of, name))
    .registerFunction(
      `${authorizer}.group(string): ${group}`,
      (of: Authorizer, name: string) => new GroupCheck(of, name),
    )
    .registerFunction(
      `${authorizer}.serviceAccount(string, string): ${authorizer}`,
      (of: Authorizer, namespace: string, name: string) => of.of(namespace, name),
    )
    .registerFunction(
      `${group}.resource(string): ${resource}`,
      (of: GroupCheck, name: string) => new ResourceCheck(of, { group: of.group, resource: name }),
    )
    .registerFunction(`${resource}.subresource(string): ${resource}`, (of: ResourceCheck, subresource: string) =>
      of.with({ subresource }),
    )
    .registerFunction(`${resource}.namespace(string): ${resource}`, (of: ResourceCheck, namespace: string) =>
      of.with({ namespace }),
    )
    .registerFunction(`${resource}.name(string): ${resource}`, (of: ResourceCheck, name: string) => of.with({ name }))
    // Roles don't look at selectors.
    .registerFunction(`${resource}.fieldSelector(string): ${resource}`, (of: ResourceCheck) => of)
    .registerFunction(`${resource}.labelSelector(string): ${resource}`, (of: ResourceCheck) => of)
    .registerFunction(`${path}.check(string): ${decision}`, (of: PathCheck, verb: string) => of.check(verb))
    .registerFunction(`${resource}.check(string): ${decision}`, (of: ResourceCheck, verb: string) => of.check(verb))
    .registerFunction(`${decision}.allowed(): bool`, ({ allowed }: Decision) => allowed)
    .registerFunction(`${decision}.reason(): string`, ({ reason }: Decision) => reason)
    .registerFunction(`${decision}.errored(): bool`, () => false)
    .registerFunction(`${decision}.error(): string`, () => '')
}
