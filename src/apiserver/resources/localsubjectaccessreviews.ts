import { subjectAccess } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const localSubjectAccessReviews = builtIn({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'localsubjectaccessreviews',
  kind: 'LocalSubjectAccessReview',
  namespaced: true,
  verbs: ['create'],
  review: subjectAccess,
})
