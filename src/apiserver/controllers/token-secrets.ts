/**
 * Fills the secrets that ask for a service account's token, and takes away those whose account is gone.
 * Source: k8s.io/kubernetes/pkg/controller/serviceaccount/tokens_controller.go.
 */
import type { Clock } from '../../base/clock.ts'
import type { ServiceAccountTokens } from '../access/service-account-tokens.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { secrets } from '../resources/secrets.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

const nameKey = 'kubernetes.io/service-account.name'
const uidKey = 'kubernetes.io/service-account.uid'

const asksForToken = (secret: KubeObject): boolean => secret['type'] === 'kubernetes.io/service-account-token'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

export interface TokenSecretsOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly tokens: ServiceAccountTokens
  /** The authority's certificate, where there is one. */
  readonly rootCa: () => string | undefined
  /** Runs outside of the write that caused it. */
  readonly later: (run: () => void) => void
}

/** Returns what stops it. */
export function startTokenSecrets({ store, clock, tokens, rootCa, later }: TokenSecretsOptions): () => void {
  const keep = (key: string): void => {
    const secret = store.get(secrets, key)?.value
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return
    const account = accountOf(store, secret)
    if (account === undefined) store.delete(secrets, key)
    else fill(secret, account)
  }
  const fill = (secret: KubeObject, account: KubeObject): void => {
    const { namespace = '', name, uid = '' } = account.metadata
    const before = (secret['data'] ?? {}) as Record<string, string>
    const ca = rootCa()
    const data = {
      ...before,
      ...(ca === undefined ? {} : { 'ca.crt': base64(ca) }),
      namespace: before['namespace'] ?? base64(namespace),
      token: before['token'] ?? base64(tokens.issueForSecret(account, secret.metadata.name)),
    }
    const annotations = { ...secret.metadata.annotations, [nameKey]: name, [uidKey]: uid }
    const filled = { ...secret, metadata: { ...secret.metadata, annotations }, data }
    const isFull = Object.keys(data).every((each) => before[each] === data[each as keyof typeof data])
    if (isFull && secret.metadata.annotations?.[uidKey] === uid) return
    const writer = ownWriter(secrets, clock, 'kube-controller-manager', '')
    store.update(secrets, ownedUpdate(secrets, secret, filled, writer))
  }
  return store.listen((definition, { type, stored: { key, value } }) => {
    if (definition === secrets && type !== 'DELETED' && asksForToken(value)) later(() => keep(key))
    if (definition === serviceAccounts && type === 'DELETED')
      later(() => {
        const { namespace, name } = value.metadata
        for (const { key: of, value: secret } of store.collection(secrets).list(namespace))
          if (asksForToken(secret) && secret.metadata.annotations?.[nameKey] === name) keep(of)
      })
  })
}

/** Undefined where it is gone, or another of that name has come. */
function accountOf(store: ObjectStore, { metadata: { namespace, annotations } }: KubeObject): KubeObject | undefined {
  const account = store.get(serviceAccounts, `${namespace}/${annotations?.[nameKey]}`)?.value
  const uid = annotations?.[uidKey] ?? ''
  return uid === '' || uid === account?.metadata.uid ? account : undefined
}
