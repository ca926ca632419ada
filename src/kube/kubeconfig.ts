/** Kubeconfigs: written for one cluster and one user, read through the official client's loader. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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
  /** The server's certificate is not checked. */
  readonly insecure?: boolean
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

/**
 * The current context's facts; files that it names are read, relative to `directory`. Throws when there is no current
 * context, when it points nowhere, and for credentials of other programs.
 */
export function readKubeconfig(text: string, directory = '.'): KubeconfigFacts {
  const config = new KubeConfig()
  config.loadFromString(text)
  const cluster = config.getCurrentCluster()
  const user = config.getCurrentUser()
  if (cluster === null || user === null) throw new Error('the current context names no cluster and user')
  const decoded = (data: string | undefined): string | undefined =>
    data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8')
  if (user.exec !== undefined || user.authProvider !== undefined)
    throw new Error(`user ${user.name} gets its credentials from another program; give a certificate or a token`)
  const given = (data: string | undefined, file: string | undefined): string | undefined =>
    decoded(data) ?? (file === undefined ? undefined : readFileSync(resolve(directory, file), 'utf8'))
  const cert = given(user.certData, user.certFile)
  const key = given(user.keyData, user.keyFile)
  return {
    name: cluster.name,
    server: cluster.server,
    ca: given(cluster.caData, cluster.caFile) ?? '',
    ...(cluster.skipTLSVerify === true ? { insecure: true } : {}),
    user: user.name,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(user.token === undefined ? {} : { token: user.token }),
  }
}
