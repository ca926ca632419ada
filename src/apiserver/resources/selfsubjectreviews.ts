import { selfSubject } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const selfSubjectReviews = builtIn({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
  verbs: ['create'],
  review: selfSubject,
})
