import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { certificateRequestCauses, issueCauses, type CertificateRequest } from '../rules/certificate-request.ts'
import { approval } from '../subresources/approval.ts'
import { age } from '../age.ts'

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, extractCSRStatus. */
function condition({ status }: CertificateRequest): string {
  const types = new Set(status?.conditions?.map(({ type }) => type))
  const decided = ['Denied', 'Approved'].find((type) => types.has(type)) ?? 'Pending'
  const failed = types.has('Failed') ? ',Failed' : ''
  return `${decided}${failed}${(status?.certificate ?? '') === '' ? '' : ',Issued'}`
}

const requestedDuration = ({ spec }: CertificateRequest): string =>
  spec?.expirationSeconds === undefined ? '<none>' : age(spec.expirationSeconds * 1000)

export const certificateSigningRequests = builtIn({
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
  shortNames: ['csr'],
  status: true,
  subresources: { approval },
  unowned: ['spec', 'status'],
  madeBy: (request, { name, groups, uid, extra }) => {
    const { username: _, groups: __, uid: ___, extra: ____, ...spec } = (request.spec ?? {}) as Record<string, unknown>
    const user = {
      username: name,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
    }
    return { ...request, spec: { ...spec, ...user } }
  },
  keeps: (request, { spec }) => ({ ...request, spec }),
  validate: (request, before) =>
    before === undefined
      ? certificateRequestCauses(request as CertificateRequest)
      : issueCauses(request as CertificateRequest, before as CertificateRequest),
  documented: {
    RequestedDuration: 'certificates-v1.CertificateSigningRequestSpec.expirationSeconds',
  },
  columns: [
    ageColumn,
    column('SignerName', 'string', '.spec.signerName'),
    column('Requestor', 'string', '.spec.username'),
    computed('RequestedDuration', 'string', requestedDuration),
    computed('Condition', 'string', condition),
  ],
  fieldSelectors: {
    'spec.signerName': (request: KubeObject) => (request as CertificateRequest).spec?.signerName ?? '',
  },
})
