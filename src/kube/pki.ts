/**
 * Certificates as a port: real ones on sockets, placeholders under a simulated clock (WebCrypto runs on threads
 * of its own, so awaiting it would let real time decide the order of a rehearsal).
 */
import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto'
import 'reflect-metadata' // what @peculiar/x509's container needs
import * as x509 from '@peculiar/x509'

/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface Pki {
  createAuthority(commonName: string): Promise<KeyPair>
  issueServer(
    authority: KeyPair,
    commonName: string,
    names: { readonly dns: readonly string[]; readonly ips: readonly string[] },
  ): Promise<KeyPair>
  issueClient(authority: KeyPair, user: string, groups: readonly string[]): Promise<KeyPair>
}

export const placeholderPki: Pki = {
  createAuthority: async (commonName) => ({ cert: `authority ${commonName}`, key: `key of ${commonName}` }),
  issueServer: async (_authority, commonName) => ({ cert: `server ${commonName}`, key: `key of ${commonName}` }),
  issueClient: async (_authority, user) => ({ cert: `client ${user}`, key: `key of ${user}` }),
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const yearMs = 365 * 24 * 3_600_000

/** ECDSA P-256 for keys of our own; signs with RSA authorities made by others too. `wallMs` gives the time of issue. */
export function x509Pki(wallMs: () => number): Pki {
  let serial = 1
  let last: Promise<unknown> = Promise.resolve()
  /** One at a time: a fleet's worth of half-made certificates costs memory that the process never gives back. */
  const inTurn = async <T>(make: () => Promise<T>): Promise<T> => {
    const made = last.then(make)
    last = made.catch(() => undefined)
    return made
  }
  const validity = (years: number): { notBefore: Date; notAfter: Date } => ({
    notBefore: new Date(wallMs() - 3_600_000),
    notAfter: new Date(wallMs() + years * yearMs),
  })
  const serialNumber = (): string => (wallMs() * 1000 + serial++).toString(16).padStart(16, '0')

  async function selfSign(commonName: string): Promise<KeyPair> {
    const keys = await newKeys()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: [{ CN: [commonName] }],
      ...validity(10),
      signingAlgorithm: ecdsa,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
      ],
    })
    return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) }
  }

  async function issue(authority: KeyPair, subject: x509.JsonName, extensions: x509.Extension[]): Promise<KeyPair> {
    const keys = await newKeys()
    const issuer = new x509.X509Certificate(authority.cert)
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: issuer.subjectName.toJSON(),
      ...validity(1),
      signingKey: await importKey(authority.key),
      signingAlgorithm: signingAlgorithm(authority.key),
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        ...extensions,
      ],
    })
    return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) }
  }

  return {
    createAuthority: (commonName) => inTurn(() => selfSign(commonName)),
    issueServer: (authority, commonName, names) =>
      inTurn(() =>
        issue(
          authority,
          [{ CN: [commonName] }],
          [
            new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
            new x509.SubjectAlternativeNameExtension([
              ...names.dns.map((value) => ({ type: 'dns' as const, value })),
              ...names.ips.map((value) => ({ type: 'ip' as const, value })),
            ]),
          ],
        ),
      ),
    issueClient: (authority, user, groups) =>
      inTurn(() =>
        issue(
          authority,
          [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
          [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
        ),
      ),
  }
}

const newKeys = async (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ecdsa, true, ['sign', 'verify'])

async function pem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

const isRsa = (keyPem: string): boolean => createPrivateKey(keyPem).asymmetricKeyType === 'rsa'
const signingAlgorithm = (keyPem: string): EcdsaParams | RsaHashedImportParams =>
  isRsa(keyPem) ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : ecdsa

async function importKey(keyPem: string): Promise<CryptoKey> {
  const pkcs8 = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' })
  const algorithm = isRsa(keyPem) ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : ecdsa
  return crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), algorithm, false, ['sign'])
}

/** User and groups of a client certificate, as kube-apiserver's x509 authenticator reads them: CN and every O. */
export function certificateUser(certificate: NodeCertificate): {
  user: string
  groups: string[]
  fingerprint: string
} {
  const lines = certificate.subject.split('\n')
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  return { user: values('CN')[0] ?? '', groups: values('O'), fingerprint }
}

/** What keeps bytes from being a request for a certificate (PKCS #10), for what people meet in the words of Go's parser. */
export function certificateRequestProblem(der: Buffer): string | undefined {
  const [tag = 0, first = 0] = der
  const more = first < 0x80 ? 0 : first & 0x7f
  const length = more === 0 ? first : more > 4 || der.length < 2 + more ? Infinity : der.readUIntBE(2, more)
  if (der.length < 2 || der.length < 2 + more + length) return 'asn1: syntax error: data truncated'
  if (der.length > 2 + more + length) return 'asn1: syntax error: trailing data'
  try {
    if (tag === 0x30 && new x509.Pkcs10CertificateRequest(Uint8Array.from(der)).publicKey.rawData.byteLength > 0)
      return undefined
  } catch {
    // Said below, whatever it is.
  }
  return 'asn1: structure error: it is no certificate request'
}

/** The groups that a sound request asks for. */
export const requestedGroups = (der: Buffer): string[] =>
  new x509.Pkcs10CertificateRequest(Uint8Array.from(der)).subjectName.getField('O')
