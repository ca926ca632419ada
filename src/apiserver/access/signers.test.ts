/** Requests for certificates: who may approve and sign them, and what a write of the approval changes. */
import { describe, expect, it } from 'vitest'
import { certificateRequest, testServer, type Answer } from '../testing.ts'

const root = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const merge = { 'content-type': 'application/merge-patch+json' }
const peer = { certificate: { user: 'jane', groups: ['system:authenticated'] } }
const approved = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'r' }] } }

async function withRequest(...rules: object[]): Promise<ReturnType<typeof testServer>> {
  const test = testServer()
  const spec = { request: certificateRequest, signerName: 'a.b/c', usages: ['client auth'] }
  await test.call('POST', root, { body: { metadata: { name: 'x' }, spec } })
  const below = ['certificatesigningrequests/approval', 'certificatesigningrequests/status']
  const all = [{ apiGroups: ['certificates.k8s.io'], resources: below, verbs: ['*'] }, ...rules]
  await test.call('POST', `${rbac}/clusterroles`, { body: { metadata: { name: 'r' }, rules: all } })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' }
  const subjects = [{ kind: 'User', name: 'jane' }]
  await test.call('POST', `${rbac}/clusterrolebindings`, { body: { metadata: { name: 'b' }, roleRef, subjects } })
  return test
}

const signers = (verb: string, name: string): object => ({
  apiGroups: ['certificates.k8s.io'],
  resources: ['signers'],
  resourceNames: [name],
  verbs: [verb],
})

describe('requests for certificates', () => {
  it.each<[string, object[], string, object, string | undefined]>([
    ['the right to the path', [], 'approval', approved, 'approve'],
    ['the signer', [signers('approve', 'a.b/c')], 'approval', approved, undefined],
    ['all signers of the domain', [signers('approve', 'a.b/*')], 'approval', approved, undefined],
    ['another signer', [signers('approve', 'a.b/d')], 'approval', approved, 'approve'],
    ['the right to approve', [signers('approve', 'a.b/c')], 'status', { status: { certificate: 'YQ==' } }, 'sign'],
    ['nothing, where nothing is signed', [], 'status', { metadata: { labels: { a: 'b' } } }, undefined],
  ])('are decided on by who has %s', async (_what, rules, path, body, refused) => {
    const { call } = await withRequest(...rules)
    const answer = await call('PATCH', `${root}/x/${path}`, { body, headers: merge, peer })
    expect([answer.status, answer.body.message]).toEqual(
      refused === undefined
        ? [200, undefined]
        : [
            403,
            `certificatesigningrequests.certificates.k8s.io "x" is forbidden: user not permitted to ${refused} requests with signerName "a.b/c"`,
          ],
    )
  })

  it('are approved by an apply, too; what it says of the metadata counts, of the rest does not', async () => {
    const { call, clock } = await withRequest()
    await clock.advance(60_000)
    const body = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'x', labels: { a: 'b' } },
      ...approved,
    }
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    const answer: Answer = await call('PATCH', `${root}/x/approval?fieldManager=m`, { body, headers })
    const [entry] = (answer.body['metadata'] as { managedFields: object[] }).managedFields
    expect(answer.body).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { signerName: 'a.b/c' } })
    expect(entry).toMatchObject({ manager: 'm', operation: 'Apply', subresource: 'approval' })
    const shown = (answer.body['status'] as { conditions: object[] }).conditions
    expect(shown).toMatchObject([
      {
        type: 'Approved',
        lastUpdateTime: expect.any(String) as unknown,
        lastTransitionTime: expect.any(String) as unknown,
      },
    ])
    expect(
      (await call('PATCH', `${root}/x/approval`, { body: { metadata: { name: 'y' } }, headers: merge })).status,
    ).toBe(400)
  })
})

/** Of CN=x in the organization system:masters. */
const mastersRequest = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZ01JR0hBZ0VBTUNVeEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRw',
  'dFlYTjBaWEp6TVFvd0NBWURWUVFEREFGNApNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUVhYUd1bUcvWTVaaWZ3',
  'RFJJNWwxTUZmRmV5SWFUClU2a3FkQzVuZmZadXM3TCtHZktWZm9JZnV6eURGM2Z4WGxhVUpqbGRMRnRNZWttSEdQdko1dTVFSEtB',
  'QU1Bb0cKQ0NxR1NNNDlCQU1DQTBnQU1FVUNJUUQ2OUtBNHRLNTM5Zmtzd05OMmtuOHV5ZldCZUZYb20vRUk5NWtLWkNUdApKQUln',
  'UVFSSUc3eTdmTzFRc2JTV0k2ZkttbDVyeFZ5M2hRV2hxQ0hGeHVFQUJQZz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0t',
  'LS0tCg==',
].join('')

it.each([
  [mastersRequest, 'kubernetes.io/kube-apiserver-client', 403],
  [certificateRequest, 'kubernetes.io/kube-apiserver-client', 201],
  [mastersRequest, 'a.b/c', 201],
])('nobody becomes a master by a request for a certificate (%#)', async (request, signerName, status) => {
  const body = { metadata: { name: 'x' }, spec: { request, signerName, usages: ['client auth'] } }
  const answer = await testServer().call('POST', root, { body })
  expect(answer.status).toBe(status)
  if (status === 403)
    expect(answer.body.message).toBe(
      'certificatesigningrequests.certificates.k8s.io "x" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    )
})
