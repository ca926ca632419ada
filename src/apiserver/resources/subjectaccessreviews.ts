import { subjectAccess } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const subjectAccessReviews = builtIn({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  review: subjectAccess,
})
