/**
 * Tokens of service accounts: signed by this server (ES256), bound to an account and for a time.
 * Source: k8s.io/kubernetes/pkg/serviceaccount.
 */
import { sign, verify } from 'node:crypto'
import type { Random } from '../../base/random.ts'
import { quotedList } from '../../kube/go-print.ts'
import type { ResourceDefinition } from '../definition.ts'
import { nodes } from '../resources/nodes.ts'
import { pods } from '../resources/pods.ts'
import { secrets } from '../resources/secrets.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { User } from './authenticate.ts'
import { isOfSecret, secretClaims, userOfSecret, type SecretClaims } from './secret-tokens.ts'
import { serviceAccountGroups, TokenProblem } from './service-account-users.ts'
import { createKey, issuer, readKey, type SigningKey } from './signing-key.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const es256 = { dsaEncoding: 'ieee-p1363' } as const

interface Reference {
  readonly name: string
  readonly uid?: string | undefined
}

/** The objects that a token lives and dies with. */
export interface BoundTo {
  readonly pod?: Reference
  readonly secret?: Reference
  readonly node?: Reference
}

export interface TokenWish {
  readonly account: KubeObject
  readonly audiences: readonly string[]
  readonly seconds: number
  readonly bound?: BoundTo
}

interface Claims {
  readonly iss: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly jti: string
  readonly sub: string
  readonly 'kubernetes.io': BoundTo & { readonly namespace: string; readonly serviceaccount: Reference }
}

export class ServiceAccountTokens {
  readonly #store: ObjectStore
  readonly #nowMs: () => number
  readonly #random: Random
  readonly #keyFile: string | undefined
  #issued = 0
  /** Made when first asked for: most clusters never give a token out. */
  #key: SigningKey | undefined

  /** With a file, tokens outlive the process. */
  constructor(store: ObjectStore, nowMs: () => number, random: Random, keyFile?: string) {
    this.#store = store
    this.#nowMs = nowMs
    this.#random = random
    this.#keyFile = keyFile
    this.#key = readKey(keyFile)
  }

  /** As a JSON Web Key: what others check tokens with. */
  publicKey(): object {
    const { publicKey, id } = this.#signingKey()
    return { use: 'sig', kid: id, alg: 'ES256', ...publicKey.export({ format: 'jwk' }) }
  }

  issue({ account, audiences, seconds, bound = {} }: TokenWish): string {
    const now = Math.floor(this.#nowMs() / 1000)
    const { name, namespace = '', uid } = account.metadata
    const payload = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      iss: issuer,
      jti: this.#random.uuid('token', String(uid), String(now), String(this.#issued++)),
      'kubernetes.io': { namespace, ...bound, serviceaccount: { name, uid } },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    return this.#signed(payload)
  }

  /** One without an end, that a secret keeps. */
  issueForSecret(account: KubeObject, secret: string): string {
    return this.#signed(secretClaims(account, secret))
  }

  #signed(payload: object): string {
    const { privateKey, id } = this.#signingKey()
    const text = `${encode({ alg: 'ES256', kid: id })}.${encode(payload)}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, ...es256 }).toString('base64url')}`
  }

  #signingKey(): SigningKey {
    return (this.#key ??= createKey(this.#keyFile))
  }

  /**
   * Undefined for what no token of ours is. Throws {@link TokenProblem} for one that is over, for others, or of an
   * account or object that is gone. Source: k8s.io/kubernetes/pkg/serviceaccount/{jwt,claims}.go.
   */
  recognize(token: string, wanted: readonly string[]): { user: User; audiences: readonly string[] } | undefined {
    const claims = this.#verified(token)
    if (claims === undefined) return undefined
    const own = isOfSecret(claims) ? [issuer] : claims.aud
    const audiences = wanted.filter((each) => own.includes(each))
    if (audiences.length === 0)
      throw new TokenProblem(
        `token audiences ${quotedList(own)} is invalid for the target audiences ${quotedList(wanted)}`,
      )
    if (isOfSecret(claims)) return { user: userOfSecret(this.#store, claims, token), audiences }
    if (claims.exp * 1000 <= this.#nowMs()) throw new TokenProblem('service account token has expired')
    const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
    const account = this.#store.get(serviceAccounts, `${namespace}/${serviceaccount.name}`)
    if (account === undefined) throw new TokenProblem(`serviceaccount ${JSON.stringify(serviceaccount.name)} not found`)
    const { uid } = account.value.metadata
    if (uid !== serviceaccount.uid)
      throw new TokenProblem(`service account UID (${uid}) does not match claim (${serviceaccount.uid})`)
    this.#requireBound(claims['kubernetes.io'])
    const extra = {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...said('pod', pod),
      ...said('node', node),
    }
    return { user: { name: claims.sub, uid, groups: serviceAccountGroups(namespace), extra }, audiences }
  }

  #verified(token: string): Claims | SecretClaims | undefined {
    const [header = '', body = '', signature = ''] = token.split('.')
    if (this.#key === undefined || signature === '') return undefined
    const key = { key: this.#key.publicKey, ...es256 }
    if (!verify('sha256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims | SecretClaims
  }

  /** A token goes with the object that it is bound to. */
  #requireBound({ namespace, pod, secret, node }: Claims['kubernetes.io']): void {
    const there = (definition: ResourceDefinition, key: string, { uid }: Reference): boolean =>
      this.#store.get(definition, key)?.value.metadata.uid === uid
    const gone =
      (pod !== undefined && !there(pods, `${namespace}/${pod.name}`, pod)) ||
      (secret !== undefined && !there(secrets, `${namespace}/${secret.name}`, secret)) ||
      // The node of a pod's token is information only.
      (node !== undefined && pod === undefined && !there(nodes, node.name, node))
    if (gone) throw new TokenProblem('service account token has been invalidated')
  }
}

/** What the user's extra tells of an object that the token is bound to. */
const said = (kind: string, reference: Reference | undefined): Record<string, string[]> =>
  reference === undefined
    ? {}
    : {
        [`authentication.kubernetes.io/${kind}-name`]: [reference.name],
        ...(reference.uid === undefined ? {} : { [`authentication.kubernetes.io/${kind}-uid`]: [reference.uid] }),
      }
