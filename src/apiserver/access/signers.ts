/**
 * Whoever approves or signs a request for a certificate has to be allowed to for its signer.
 * Source: k8s.io/kubernetes/plugin/pkg/admission/certificates/{approval,signing}.
 */
import { deepEqual } from '../../kube/object.ts'
import { notAllowed } from '../../kube/status.ts'
import type { CertificateRequest } from '../rules/certificate-request.ts'
import type { Authorize } from './escalation.ts'

const group = 'certificates.k8s.io'
const verbs: Readonly<Record<string, string>> = { approval: 'approve', status: 'sign' }

export const authorizeSigner: Authorize = (request, before, { user, rbac, subresource, name }) => {
  const verb = verbs[subresource]
  const was = before as CertificateRequest | undefined
  if (was === undefined || verb === undefined) return
  if (subresource === 'status' && isUnsigned(request as CertificateRequest, was)) return
  const signer = was.spec?.signerName ?? ''
  const ofDomain = `${signer.split('/')[0]}/*`
  const may = [signer, ofDomain].some((each) =>
    rbac.allows(user, { verb, group, resource: 'signers', subresource: '', namespace: '', name: each }),
  )
  if (may) return
  throw notAllowed(
    { group, resource: 'certificatesigningrequests', name },
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`,
  )
}

const isUnsigned = ({ status }: CertificateRequest, { status: was }: CertificateRequest): boolean =>
  (status?.certificate ?? '') === (was?.certificate ?? '') && deepEqual(status?.conditions ?? [], was?.conditions ?? [])
