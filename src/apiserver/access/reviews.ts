/** Questions about access, asked of the server itself: who am I, may they, whose token is this. Source: k8s.io/kubernetes/pkg/registry/{authentication,authorization}. */
import { rfc3339 } from '../../base/clock.ts'
import { isRecord } from '../../kube/object.ts'
import { aggregated, badRequest, invalid } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { evaluationError } from './evaluation-error.ts'
import { authenticated, recognized, type Authenticators, type User } from './authenticate.ts'
import type { AccessAttributes } from './policy-rule.ts'
import type { RoleBasedAccess } from './rbac.ts'
import { reviewCauses } from './review-causes.ts'
import { TokenProblem } from './service-account-users.ts'
import { issuer } from './signing-key.ts'

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
function requireValid(object: KubeObject, kind: Parameters<typeof reviewCauses>[1]): void {
  const causes = reviewCauses(object, kind)
  if (causes.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', causes)
}

type Json = Record<string, unknown>

function accessStatus(spec: Json, user: User, rbac: RoleBasedAccess): object {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec
  const text = (of: unknown, name: string): string => textOf(isRecord(of) ? of[name] : undefined)
  const attributes: AccessAttributes = isRecord(path)
    ? { verb: text(path, 'verb'), path: text(path, 'path') }
    : {
        verb: text(asked, 'verb'),
        group: text(asked, 'group'),
        resource: text(asked, 'resource'),
        subresource: text(asked, 'subresource'),
        namespace: text(asked, 'namespace'),
        name: text(asked, 'name'),
      }
  const reason = rbac.reason(user, attributes)
  const unread = evaluationError(asked)
  return {
    allowed: rbac.allows(user, attributes),
    ...(reason === '' ? {} : { reason }),
    ...(unread === '' ? {} : { evaluationError: unread }),
  }
}

const specOf = (object: KubeObject): Json => (isRecord(object.spec) ? object.spec : {})

export const selfSubjectAccess: Review = (object, { rbac, user }) => {
  requireValid(object, 'self')
  return { ...object, status: accessStatus(specOf(object), user, rbac) }
}

export const subjectAccess: Review = (object, { rbac, namespace }) => {
  requireValid(object, namespace === '' ? 'anywhere' : 'local')
  const spec = specOf(object)
  const user = {
    name: textOf(spec['user']),
    groups: Array.isArray(spec['groups']) ? spec['groups'].map(String) : [],
  }
  return { ...object, status: accessStatus(spec, user, rbac) }
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
  // The answer does not repeat the question.
  metadata: { creationTimestamp: rfc3339(authenticators.nowMs()) } as KubeObject['metadata'],
  status: { userInfo: userInfo(user) },
})

export const tokenReview: Review = (object, { authenticators }) => {
  const { token, audiences } = specOf(object) as { token?: string; audiences?: readonly string[] }
  if (textOf(token) === '') throw badRequest('token is required for TokenReview in authentication')
  const wanted = Array.isArray(audiences) && audiences.length > 0 ? audiences : [issuer]
  // What is sent of the answer stays where the answer doesn't say otherwise.
  const { authenticated: _, ...said } = isRecord(object.status) ? object.status : {}
  try {
    const known = recognized(textOf(token), wanted, authenticators)
    if (known === undefined) return { ...object, status: { user: {}, ...said, error: invalidToken } }
    return {
      ...object,
      status: { ...said, authenticated: true, user: userInfo(authenticated(known.user)), audiences: known.audiences },
    }
  } catch (error) {
    if (!(error instanceof TokenProblem)) throw error
    return { ...object, status: { user: {}, ...said, error: aggregated([invalidToken, error.message]) } }
  }
}

const invalidToken = 'invalid bearer token'
