import { selfSubjectAccess } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const selfSubjectAccessReviews = builtIn({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  review: selfSubjectAccess,
})
