import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { authorizeSigner } from '../access/signers.ts'
import { mutableMetadata } from '../endpoint.ts'
import {
  certificateRequestCauses,
  decisionCauses,
  issueCauses,
  requireSubject,
  withTimes,
  type CertificateRequest,
} from '../rules/certificate-request.ts'
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

/** A write of the approval changes conditions, and metadata. */
const withDecisions = (wanted: KubeObject, before: KubeObject): KubeObject => {
  const { conditions: _, ...status } = (before as CertificateRequest).status ?? {}
  const { conditions } = (wanted as CertificateRequest).status ?? {}
  const metadata = mutableMetadata(before, wanted)
  return { ...before, metadata, status: { ...status, ...(conditions === undefined ? {} : { conditions }) } }
}

export const certificateSigningRequests = builtIn({
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
  shortNames: ['csr'],
  status: true,
  parts: { approval: withDecisions },
  unowned: {
    '': { 'f:spec': {}, 'f:status': {} },
    status: { 'f:spec': {}, 'f:status': { 'f:conditions': {} } },
    approval: { 'f:spec': {}, 'f:status': { 'f:certificate': {} } },
  },
  authorize: authorizeSigner,
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
  keeps: (request, before, objects, subresource) => {
    const asked = { ...request, spec: before.spec } as CertificateRequest
    return subresource === '' ? asked : withTimes(asked, before as CertificateRequest, objects.now(), subresource)
  },
  admitCreate: (request) => requireSubject(request as CertificateRequest),
  validate: (request, before, subresource) =>
    before === undefined
      ? certificateRequestCauses(request as CertificateRequest)
      : (subresource === 'approval' ? decisionCauses : issueCauses)(
          request as CertificateRequest,
          before as CertificateRequest,
        ),
  documented: {
    // In the words of v1beta1, which nobody serves.
    SignerName:
      'Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be defaulted:\n 1. If it\'s a kubelet client certificate, it is assigned\n    "kubernetes.io/kube-apiserver-client-kubelet".\n 2. If it\'s a kubelet serving certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers happens out of band. You can select on this field using `spec.signerName`.',
    RequestedDuration: 'certificates-v1.CertificateSigningRequestSpec.expirationSeconds',
    Requestor: 'Base64-encoded PKCS#10 CSR data',
    Condition: 'Conditions applied to the request, such as approval or denial.',
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
