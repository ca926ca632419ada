import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const certificateSigningRequests = builtIn({
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
  shortNames: ['csr'],
  status: true,
  columns: [
    ageColumn,
    column('SignerName', 'string', '.spec.signerName'),
    column('Requestor', 'string', '.spec.username'),
    column('Condition', 'string', '.status.conditions[0].type'),
  ],
  fieldSelectors: { 'spec.signerName': (request) => (request.spec as { signerName?: string }).signerName ?? '' },
})
