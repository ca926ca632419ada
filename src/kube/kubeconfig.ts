/** Kubeconfigs: written for one cluster and one user, read through the official client's loader. */
import { KubeConfig } from '@kubernetes/client-node'
import { stringify } from 'yaml'

export interface KubeconfigFacts {
  readonly name: string
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly user: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

export function writeKubeconfig(facts: KubeconfigFacts): string {
  const context = `${facts.user}@${facts.name}`
  const credentials = {
    ...(facts.cert === undefined ? {} : { 'client-certificate-data': base64(facts.cert) }),
    ...(facts.key === undefined ? {} : { 'client-key-data': base64(facts.key) }),
    ...(facts.token === undefined ? {} : { token: facts.token }),
  }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: facts.name, cluster: { server: facts.server, 'certificate-authority-data': base64(facts.ca) } }],
    contexts: [{ name: context, context: { cluster: facts.name, user: facts.user } }],
    'current-context': context,
    users: [{ name: facts.user, user: credentials }],
  })
}

/** The current context's facts. Throws when there is no current context or it points nowhere. */
export function readKubeconfig(text: string): KubeconfigFacts {
  const config = new KubeConfig()
  config.loadFromString(text)
  const cluster = config.getCurrentCluster()
  const user = config.getCurrentUser()
  if (cluster === null || user === null) throw new Error('the current context names no cluster and user')
  const decoded = (data: string | undefined): string | undefined =>
    data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8')
  const cert = decoded(user.certData)
  const key = decoded(user.keyData)
  return {
    name: cluster.name,
    server: cluster.server,
    ca: decoded(cluster.caData) ?? '',
    user: user.name,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(user.token === undefined ? {} : { token: user.token }),
  }
}
