import { tokenReview } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const tokenReviews = builtIn({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
  verbs: ['create'],
  review: tokenReview,
})
