/** The cluster's authorities and the admin kubeconfig, as Secrets. Source: cluster-api util/secret, controlplane/kubeadm. */
import type { KubeObject } from '../../../kube/object.ts'
import { writeKubeconfig } from '../../../kube/kubeconfig.ts'
import type { KeyPair } from '../../../kube/pki.ts'
import { isAlreadyExists, isNotFound } from '../../../kube/status.ts'
import { clusterSecret, namespaceOf, ownerRef, secretKind, type Context } from '../../context.ts'
import { kubeadmControlPlanes } from '../../kinds/catalogue.ts'
import type { Cluster, KubeadmControlPlane } from '../../kinds/types.ts'

/** Purpose of a Secret `<cluster>-<purpose>`, and the common name of its authority. */
const authorities = { ca: 'kubernetes', etcd: 'etcd-ca', proxy: 'front-proxy-ca', sa: 'service-accounts' } as const

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const encode = (text: string): string => Buffer.from(text).toString('base64')
const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8')

/** Secrets that were all there are looked at again only this much later, as a resync would. */
const recheckMs = 600_000

/** Remembers which control planes have all their Secrets. */
export class Certificates {
  readonly #context: Context
  readonly #complete = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Makes what is missing; returns whether the kubeconfig is there (it needs the endpoint). */
  async ensure(cluster: Cluster, controlPlane: KubeadmControlPlane): Promise<boolean> {
    const uid = controlPlane.metadata.uid as string
    const now = this.#context.clock.now()
    if (now - (this.#complete.get(uid) ?? -Infinity) < recheckMs) return true
    const complete = await ensureCertificates(this.#context, cluster, controlPlane)
    if (complete) this.#complete.set(uid, now)
    return complete
  }

  forget(uid: string): void {
    this.#complete.delete(uid)
  }
}

async function ensureCertificates(
  context: Context,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
): Promise<boolean> {
  const { pki } = context
  const pairs = new Map<string, KeyPair>()
  for (const [purpose, commonName] of Object.entries(authorities)) {
    const secret = await ensure(context, cluster, controlPlane, purpose, async () => {
      const pair = await pki.createAuthority(commonName)
      return { 'tls.crt': encode(pair.cert), 'tls.key': encode(pair.key) }
    })
    pairs.set(purpose, { cert: decode(secret.data?.['tls.crt']), key: decode(secret.data?.['tls.key']) })
  }
  const { host, port } = cluster.spec?.controlPlaneEndpoint ?? {}
  if (host === undefined || port === undefined) return false
  await ensure(context, cluster, controlPlane, 'kubeconfig', async () => {
    const authority = pairs.get('ca') as KeyPair
    const admin = await pki.issueClient(authority, 'kubernetes-admin', ['system:masters'])
    const facts = {
      name: cluster.metadata.name,
      server: `https://${host}:${port}`,
      ca: authority.cert,
      user: `${cluster.metadata.name}-admin`,
      ...admin,
    }
    return { value: encode(writeKubeconfig(facts)) }
  })
  return true
}

async function ensure(
  context: Context,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
  purpose: string,
  make: () => Promise<Record<string, string>>,
): Promise<Secret> {
  const client = context.clients.controlPlane
  const namespace = namespaceOf(cluster)
  const name = `${cluster.metadata.name}-${purpose}`
  try {
    return await client.get<Secret>(secretKind, namespace, name)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  const secret = clusterSecret(cluster, name, ownerRef(kubeadmControlPlanes, controlPlane, true), await make())
  try {
    return await client.create<Secret>(secretKind, secret)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return client.get<Secret>(secretKind, namespace, name)
  }
}
