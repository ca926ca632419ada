/**
 * Tokens that a secret keeps for a service account: without an end and an audience, good as long as both are there.
 * Source: k8s.io/kubernetes/pkg/serviceaccount/legacy.go.
 */
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { secrets } from '../resources/secrets.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { User } from './authenticate.ts'
import { serviceAccountGroups, TokenProblem } from './service-account-users.ts'

const issuer = 'kubernetes/serviceaccount'
const lastUsed = 'kubernetes.io/legacy-token-last-used'
const invalidSince = 'kubernetes.io/legacy-token-invalid-since'

export interface SecretClaims {
  readonly iss: typeof issuer
  readonly sub: string
  readonly 'kubernetes.io/serviceaccount/namespace': string
  readonly 'kubernetes.io/serviceaccount/secret.name': string
  readonly 'kubernetes.io/serviceaccount/service-account.name': string
  readonly 'kubernetes.io/serviceaccount/service-account.uid': string
}

export const isOfSecret = (claims: { readonly iss: string }): claims is SecretClaims => claims.iss === issuer

export function secretClaims(
  { metadata: { name, namespace = '', uid = '' } }: KubeObject,
  secret: string,
): SecretClaims {
  return {
    iss: issuer,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secret,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

/** Throws {@link TokenProblem} where its secret or its account is gone, or keeps another. */
export function userOfSecret(store: ObjectStore, claims: SecretClaims, token: string): User {
  const namespace = claims['kubernetes.io/serviceaccount/namespace']
  const name = claims['kubernetes.io/serviceaccount/secret.name']
  const secret = store.get(secrets, `${namespace}/${name}`)?.value
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined)
    throw new TokenProblem('Token has been invalidated')
  const { token: kept = '' } = (secret['data'] ?? {}) as { readonly token?: string }
  if (Buffer.from(kept, 'base64').toString() !== token) throw new TokenProblem("Token does not match server's copy")
  const account = claims['kubernetes.io/serviceaccount/service-account.name']
  const { uid } = store.get(serviceAccounts, `${namespace}/${account}`)?.value.metadata ?? {}
  if (uid === undefined) throw new TokenProblem(`serviceaccount ${JSON.stringify(account)} not found`)
  const claimed = claims['kubernetes.io/serviceaccount/service-account.uid']
  if (uid !== claimed) throw new TokenProblem(`ServiceAccount UID (${uid}) does not match claim (${claimed})`)
  const isInvalid = (secret.metadata.labels?.[invalidSince] ?? '') !== ''
  noteUse(store, secret)
  if (isInvalid)
    throw new TokenProblem(
      `the token in secret ${namespace}/${name} for service account ${namespace}/${account} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`,
    )
  return { name: claims.sub, uid, groups: serviceAccountGroups(namespace) }
}

/** The day stands in a label. */
function noteUse(store: ObjectStore, secret: KubeObject): void {
  const today = store.now().slice(0, 10)
  if (secret.metadata.labels?.[lastUsed] === today) return
  const metadata = { ...secret.metadata, labels: { ...secret.metadata.labels, [lastUsed]: today } }
  const writer = ownWriter(secrets, store.clock, 'kube-apiserver', '')
  store.update(secrets, ownedUpdate(secrets, secret, { ...secret, metadata }, writer))
}
