/** Whether a certificate and a key belong together, in the words of Go's crypto/tls, X509KeyPair. */
import { createPrivateKey, X509Certificate } from 'node:crypto'

const armored = (text: string): string | undefined => /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/.exec(text)?.[0]

/** Both in base64, as a Secret has them. Undefined where nothing is wrong, or Go would word it in a way of its own. */
export function keyPairProblem(certificate = '', key = ''): string | undefined {
  const [certificatePem, keyPem] = [certificate, key].map((text) => armored(Buffer.from(text, 'base64').toString()))
  if (certificatePem === undefined) return 'tls: failed to find any PEM data in certificate input'
  if (keyPem === undefined) return 'tls: failed to find any PEM data in key input'
  try {
    const fits = new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))
    return fits ? undefined : 'tls: private key does not match public key'
  } catch {
    return undefined
  }
}
