import { ageColumn, computed } from '../columns.ts'
import { saysNoWebhooks, webhookCount, validatingCauses, withValidatingDefaults } from '../admission/webhook.ts'
import { builtIn } from '../definition.ts'

export const validatingWebhookConfigurations = builtIn({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
  lockedUpdates: true,
  categories: ['api-extensions'],
  generation: true,
  alsoCounted: saysNoWebhooks,
  documented: {
    Webhooks: 'Webhooks indicates the number of webhooks registered in this configuration',
  },
  columns: [computed('Webhooks', 'integer', webhookCount), ageColumn],
  defaults: withValidatingDefaults,
  validate: validatingCauses,
})
