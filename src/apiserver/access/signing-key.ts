/** The key that signs the tokens of service accounts, as kubeadm's sa.key. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { UsageError } from '../../base/usage-error.ts'

/** Who tokens are from, and whom they are for where nobody says. */
export const issuer = 'https://kubernetes.default.svc.cluster.local'

export interface SigningKey {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  /** Which key of the set it is. */
  readonly id: string
}

const withId = (publicKey: KeyObject, privateKey: KeyObject): SigningKey => ({
  publicKey,
  privateKey,
  id: createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url'),
})

/** A new key, kept in the file if there is one to be. */
export function createKey(file: string | undefined): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (file !== undefined) {
    const unfinished = `${file}.new`
    writeFileSync(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    renameSync(unfinished, file)
  }
  return withId(publicKey, privateKey)
}

/** Undefined where no token has been signed yet; throws for a file that holds no key. */
export function readKey(file: string | undefined): SigningKey | undefined {
  if (file === undefined || !existsSync(file)) return undefined
  try {
    const privateKey = createPrivateKey(readFileSync(file))
    return withId(createPublicKey(privateKey), privateKey)
  } catch (cause) {
    throw new UsageError(`${file} holds no private key: put it back, or delete it and issue new tokens`, { cause })
  }
}
