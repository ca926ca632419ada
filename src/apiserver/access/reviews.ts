/** Questions about access, asked of the server itself: who am I, may they, whose token is this. Source: k8s.io/kubernetes/pkg/registry/{authentication,authorization}. */
import { rfc3339 } from '../../base/clock.ts'
import { isRecord } from '../../kube/object.ts'
import { badRequest, invalid, invalidValue, type StatusCause } from '../../kube/status.ts'
import { goStruct } from '../rules/numbers.ts'
import type { KubeObject } from '../types.ts'
import { userOfToken, type Authenticators, type ResourceAttributes, type User } from './authenticate.ts'
import type { RoleBasedAccess } from './rbac.ts'

export interface ReviewContext {
  readonly rbac: RoleBasedAccess
  readonly authenticators: Authenticators
  readonly user: User
  readonly namespace: string
}

/** The object that was sent, with the answer in its status. */
export type Review = (object: KubeObject, context: ReviewContext) => KubeObject

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** authentication.k8s.io/v1 UserInfo. */
export const userInfo = ({ name, uid, groups, extra }: User): object => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
})

/** The real server forgets to say of which kind. Source: k8s.io/kubernetes/pkg/apis/authorization/validation. */
const refused = (...causes: Required<StatusCause>[]): Error =>
  invalid({ group: 'authorization.k8s.io', kind: '' }, '', causes)

type Json = Record<string, unknown>
type Question = { readonly asked: Json } | { readonly path: Json }

/** A question is about a resource or about a path. */
function questionOf(spec: Json, more: readonly Required<StatusCause>[] = []): Question {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec
  if (isRecord(asked) && isRecord(path))
    throw refused(
      invalidValue(
        'spec.nonResourceAttributes',
        goStruct({ path: '', verb: '', ...path }, ['Path', 'Verb']),
        'cannot be specified in combination with resourceAttributes',
      ),
      ...more,
    )
  if (more.length > 0 && (isRecord(path) || isRecord(asked))) throw refused(...more)
  if (isRecord(path)) return { path }
  if (isRecord(asked)) return { asked }
  throw refused(
    invalidValue(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
    ...more,
  )
}

function accessStatus(question: Question, user: User, rbac: RoleBasedAccess, namespace?: string): object {
  if ('path' in question)
    return verdict(rbac.allowsPath(user, textOf(question.path['verb']), textOf(question.path['path'])))
  const text = (name: string): string => textOf(question.asked[name])
  const attributes: ResourceAttributes = {
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: namespace ?? text('namespace'),
    name: text('name'),
  }
  return verdict(rbac.allows(user, attributes), rbac.reason(user, attributes))
}

const verdict = (allowed: boolean, reason = ''): object => (reason === '' ? { allowed } : { allowed, reason })

const specOf = (object: KubeObject): Record<string, unknown> => (isRecord(object.spec) ? object.spec : {})

export const selfSubjectAccess: Review = (object, { rbac, user }) => ({
  ...object,
  status: accessStatus(questionOf(specOf(object)), user, rbac),
})

export const subjectAccess: Review = (object, { rbac, namespace }) => {
  const spec = specOf(object)
  const user = {
    name: textOf(spec['user']),
    groups: Array.isArray(spec['groups']) ? spec['groups'].map(String) : [],
  }
  const nobody = user.name === '' && user.groups.length === 0
  const question = questionOf(
    spec,
    nobody ? [invalidValue('spec.user', '', 'at least one of user or group must be specified')] : [],
  )
  const asked = 'asked' in question ? textOf(question.asked['namespace']) : namespace
  if (namespace !== '' && asked !== namespace)
    throw refused(invalidValue('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'))
  return { ...object, status: accessStatus(question, user, rbac, namespace === '' ? undefined : namespace) }
}

export const selfSubjectRules: Review = (object, { rbac, user }) => {
  const namespace = textOf(specOf(object)['namespace'])
  if (namespace === '') throw badRequest('no namespace on request')
  const rules = rbac.rulesFor(user, namespace)
  return {
    ...object,
    metadata: {} as KubeObject['metadata'], // the answer does not repeat the question
    spec: {},
    status: {
      resourceRules: rules.filter(({ resources }) => (resources ?? []).length > 0),
      nonResourceRules: rules.filter(({ nonResourceURLs }) => (nonResourceURLs ?? []).length > 0),
      incomplete: false,
    },
  }
}

export const selfSubject: Review = (object, { user, authenticators }) => ({
  ...object,
  metadata: { ...object.metadata, creationTimestamp: rfc3339(authenticators.nowMs()) },
  status: { userInfo: userInfo(user) },
})

export const tokenReview: Review = (object, { authenticators }) => {
  const token = textOf(specOf(object)['token'])
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const user = userOfToken(token, authenticators)
  if (user === undefined) return { ...object, status: { user: {}, error: 'invalid bearer token' } }
  const groups = [...user.groups, 'system:authenticated']
  return { ...object, status: { authenticated: true, user: userInfo({ ...user, groups }) } }
}
