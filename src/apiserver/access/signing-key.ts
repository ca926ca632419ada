/** The key that signs the tokens of service accounts, as kubeadm's sa.key. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { UsageError } from '../../base/usage-error.ts'

export interface SigningKey {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** A new key, kept in the file if there is one to be. */
export function createKey(file: string | undefined): SigningKey {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (file !== undefined) {
    const unfinished = `${file}.new`
    writeFileSync(unfinished, key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    renameSync(unfinished, file)
  }
  return key
}

/** Undefined where no token has been signed yet; throws for a file that holds no key. */
export function readKey(file: string | undefined): SigningKey | undefined {
  if (file === undefined || !existsSync(file)) return undefined
  try {
    const privateKey = createPrivateKey(readFileSync(file))
    return { privateKey, publicKey: createPublicKey(privateKey) }
  } catch (cause) {
    throw new UsageError(`${file} holds no private key: put it back, or delete it and issue new tokens`, { cause })
  }
}
