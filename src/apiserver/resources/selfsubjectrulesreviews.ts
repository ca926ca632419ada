import { selfSubjectRules } from '../access/reviews.ts'
import { builtIn } from '../definition.ts'

export const selfSubjectRulesReviews = builtIn({
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'selfsubjectrulesreviews',
  kind: 'SelfSubjectRulesReview',
  namespaced: false,
  verbs: ['create'],
  review: selfSubjectRules,
})
