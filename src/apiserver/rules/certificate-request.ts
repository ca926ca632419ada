/** What a request for a certificate may say. Source: k8s.io/kubernetes/pkg/apis/certificates/validation. */
import { X509Certificate } from 'node:crypto'
import type { Condition } from '../../kube/object.ts'
import { pemBlocks, type PemBlock } from '../../kube/pem.ts'
import { certificateRequestProblem, requestedGroups } from '../../kube/pki.ts'
import {
  duplicate,
  forbiddenValue,
  invalidValue,
  notAllowed,
  notSupported,
  required,
  tooLong,
  type StatusCause,
} from '../../kube/status.ts'
import { labelProblems, subdomainProblems, type Syntax } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>

export interface Decision extends Condition {
  readonly lastUpdateTime?: string
}

export type CertificateRequest = KubeObject & {
  readonly spec?: {
    readonly request?: string | null
    readonly signerName?: string
    readonly usages?: readonly string[]
    readonly expirationSeconds?: number
    readonly username?: string
  }
  readonly status?: { readonly conditions?: readonly Decision[]; readonly certificate?: string }
}

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

const blocksOf = (pem: string | null | undefined): PemBlock[] =>
  pemBlocks(Buffer.from(pem ?? '', 'base64').toString('latin1'))

function bodyOf(request: string | null | undefined): Buffer | undefined {
  const [block] = blocksOf(request)
  return block?.type === 'CERTIFICATE REQUEST' ? block.bytes : undefined
}

const clientSigner = 'kubernetes.io/kube-apiserver-client'

/** Nobody becomes a master by a certificate. Source: k8s.io/kubernetes/plugin/pkg/admission/certificates/subjectrestriction. */
export function requireSubject({ spec = {}, metadata: { name } }: CertificateRequest): void {
  const body = spec.signerName === clientSigner ? bodyOf(spec.request) : undefined
  if (body === undefined || !requestedGroups(body).includes('system:masters')) return
  const ref = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', name }
  throw notAllowed(ref, `use of ${clientSigner} signer with system:masters group is not allowed`)
}

export function certificateRequestCauses({ spec = {} }: CertificateRequest): Cause[] {
  const { request, signerName = '', expirationSeconds } = spec
  const body = bodyOf(request)
  const causes: Cause[] = []
  const problem = body === undefined ? 'PEM block type must be CERTIFICATE REQUEST' : certificateRequestProblem(body)
  if (problem !== undefined) causes.push(invalidValue('spec.request', request ?? null, problem))
  const wanted = spec.usages ?? []
  if (wanted.length === 0) causes.push(required('spec.usages'))
  for (const [index, usage] of wanted.entries()) {
    if (!usages.includes(usage)) causes.push(notSupported(`spec.usages[${index}]`, usage, usages))
    else if (wanted.indexOf(usage) < index) causes.push(duplicate(`spec.usages[${index}]`, usage))
  }
  if (signerName === '') causes.push(required('spec.signerName'))
  else if (signerName === 'kubernetes.io/legacy-unknown')
    causes.push(
      invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'),
    )
  else causes.push(...signerCauses('spec.signerName', signerName))
  if (expirationSeconds !== undefined && expirationSeconds < 600)
    causes.push(
      invalidValue(
        'spec.expirationSeconds',
        expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    )
  return causes
}

/** Source: k8s.io/kubernetes/pkg/apis/core/validation/names.go, ValidateSignerName. */
function signerCauses(at: string, name: string): Cause[] {
  const [domain = '', path, ...more] = name.split('/')
  if (path === undefined || more.length > 0)
    return [invalidValue(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const parts = (segment: string, problems: Syntax): Cause[] => {
    const wrong = segment.split('.').find((part) => problems(part).length > 0)
    const told = wrong === undefined ? [] : problems(wrong)
    return told.map((problem) => invalidValue(at, segment, `validating label ${JSON.stringify(wrong)}: ${problem}`))
  }
  return [
    ...(domain.length > domainMax ? [tooLong(at, domainMax)] : []),
    ...parts(domain, labelProblems),
    ...(domain.includes('.')
      ? []
      : [invalidValue(at, domain, 'should be a domain with at least two segments separated by dots')]),
    ...parts(path, subdomainProblems),
    ...(name.length > signerMax ? [tooLong(at, signerMax)] : []),
  ]
}

const domainMax = 253
const signerMax = domainMax + 1 + (63 + 1 + domainMax)

const at = 'status.conditions'
const decisions = ['Approved', 'Denied']
const final = [...decisions, 'Failed']
const typesOf = ({ status }: CertificateRequest): string[] => (status?.conditions ?? []).map(({ type }) => type)

/** Source: validateCertificate. */
function certificateProblem(blocks: readonly PemBlock[]): string | undefined {
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block'
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (!isCertificate(bytes)) return 'x509: malformed certificate'
  }
  return undefined
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

/** Of an update of the status: the certificate is set once, and decisions are taken elsewhere. */
export function issueCauses(request: CertificateRequest, before: CertificateRequest): Cause[] {
  const [certificate, old] = [request.status?.certificate ?? '', before.status?.certificate ?? '']
  const field = 'status.certificate'
  const problem = certificate === '' ? undefined : certificateProblem(blocksOf(certificate))
  return [
    ...(problem === undefined ? [] : [invalidValue(field, '<certificate data>', problem)]),
    ...decisionCauses(request, before),
    ...decisions
      .filter((type) => typesOf(request).includes(type) && !typesOf(before).includes(type))
      .map((type) => forbiddenValue(at, `updates may not add a condition of type ${JSON.stringify(type)}`)),
    ...(old === '' || old === certificate
      ? []
      : [forbiddenValue(field, 'updates may not modify existing certificate content')]),
  ]
}

/** Approved and Denied exclude one another, and what was decided stays. */
export function decisionCauses(request: CertificateRequest, before: CertificateRequest): Cause[] {
  const conditions = request.status?.conditions ?? []
  const types = typesOf(request)
  const causes = typesOf(before)
    .filter((type) => final.includes(type) && !types.includes(type))
    .map((type) => forbiddenValue(at, `updates may not remove a condition of type ${JSON.stringify(type)}`))
  if (types.includes('Approved') && types.includes('Denied'))
    causes.push(
      invalidValue(
        at,
        types.indexOf('Denied') > types.indexOf('Approved') ? 'Denied' : 'Approved',
        'Approved and Denied conditions are mutually exclusive',
      ),
    )
  for (const [index, { type, status: value }] of conditions.entries()) {
    if (type === '') causes.push(required(`${at}[${index}].type`))
    if (types.indexOf(type) < index) causes.push(duplicate(`${at}[${index}].type`, type))
    const allowed = final.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if ((value as string) === '') causes.push(required(`${at}[${index}].status`))
    else if (!allowed.includes(value)) causes.push(notSupported(`${at}[${index}].status`, value, allowed))
  }
  return causes
}

/**
 * Conditions have times: that of now, or of when they became so. A write of the status leaves decisions as they are.
 * Source: k8s.io/kubernetes/pkg/registry/certificates/certificates/strategy.go.
 */
export function withTimes(
  request: CertificateRequest,
  before: CertificateRequest,
  now: string,
  subresource: string,
): CertificateRequest {
  const { conditions } = request.status ?? {}
  if (conditions === undefined) return request
  const old = before.status?.conditions ?? []
  const kept =
    subresource === 'status' ? decisions.reduce((all, type) => withOld(all, old, type), conditions) : conditions
  const timed = kept.map((condition) => {
    const same = old.find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && Boolean(lastTransitionTime),
    )
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || (same?.lastTransitionTime ?? now),
    }
  })
  return { ...request, status: { ...request.status, conditions: timed } }
}

/** With the conditions of a type as they were, where there are as many. */
function withOld(conditions: readonly Decision[], old: readonly Decision[], type: string): readonly Decision[] {
  const was = old.filter((each) => each.type === type)
  if (was.length !== conditions.filter((each) => each.type === type).length) return conditions
  return conditions.map((condition) => (condition.type === type ? (was.shift() as Decision) : condition))
}
