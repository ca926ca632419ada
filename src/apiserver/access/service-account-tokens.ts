/**
 * Tokens of service accounts: signed by this server (ES256), bound to an account and for a time.
 * Source: k8s.io/kubernetes/pkg/serviceaccount.
 */
import { sign, verify } from 'node:crypto'
import { isRecord } from '../../kube/object.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { User } from './authenticate.ts'
import { createKey, readKey, type SigningKey } from './signing-key.ts'

export const issuer = 'https://kubernetes.default.svc.cluster.local'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const es256 = { dsaEncoding: 'ieee-p1363' } as const

export class ServiceAccountTokens {
  readonly #store: ObjectStore
  readonly #nowMs: () => number
  readonly #keyFile: string | undefined
  /** Made when first asked for: most clusters never give a token out. */
  #key: SigningKey | undefined

  /** With a file, tokens outlive the process. */
  constructor(store: ObjectStore, nowMs: () => number, keyFile?: string) {
    this.#store = store
    this.#nowMs = nowMs
    this.#keyFile = keyFile
    this.#key = readKey(keyFile)
  }

  /** As a JSON Web Key: what others check tokens with. */
  publicKey(): object {
    const { publicKey, id } = this.#signingKey()
    return { use: 'sig', kid: id, alg: 'ES256', ...publicKey.export({ format: 'jwk' }) }
  }

  issue(account: KubeObject, audiences: readonly string[], seconds: number): string {
    const now = Math.floor(this.#nowMs() / 1000)
    const { name, namespace = '', uid } = account.metadata
    const payload = {
      aud: audiences.length === 0 ? [issuer] : audiences,
      exp: now + seconds,
      iat: now,
      iss: issuer,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    const { privateKey, id } = this.#signingKey()
    const text = `${encode({ alg: 'ES256', kid: id })}.${encode(payload)}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, ...es256 }).toString('base64url')}`
  }

  #signingKey(): SigningKey {
    return (this.#key ??= createKey(this.#keyFile))
  }

  /** Undefined for anything but a token of ours that is valid now, of an account that still exists. */
  userOf(token: string): User | undefined {
    const [header = '', body = '', signature = ''] = token.split('.')
    if (this.#key === undefined || signature === '') return undefined
    const key = { key: this.#key.publicKey, ...es256 }
    if (!verify('sha256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined
    const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    if (!isRecord(payload) || Number(payload['exp']) * 1000 <= this.#nowMs()) return undefined
    const { namespace, serviceaccount } = payload['kubernetes.io'] as {
      namespace: string
      serviceaccount: { name: string; uid: string }
    }
    const account = this.#store.get(serviceAccounts, `${namespace}/${serviceaccount.name}`)
    if (account?.value.metadata.uid !== serviceaccount.uid) return undefined
    return {
      name: String(payload['sub']),
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    }
  }
}
