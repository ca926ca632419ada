import { ageColumn, computed } from '../columns.ts'
import { saysNoWebhooks, webhookCount, mutatingCauses, withMutatingDefaults } from '../admission/webhook.ts'
import { builtIn } from '../definition.ts'

export const mutatingWebhookConfigurations = builtIn({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
  lockedUpdates: true,
  categories: ['api-extensions'],
  generation: true,
  alsoCounted: saysNoWebhooks,
  documented: {
    Webhooks: 'Webhooks indicates the number of webhooks registered in this configuration',
  },
  columns: [computed('Webhooks', 'integer', webhookCount), ageColumn],
  defaults: withMutatingDefaults,
  validate: mutatingCauses,
})
