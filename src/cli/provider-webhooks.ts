/** Serves the provider's webhooks, and tells a management cluster where. */
import type { CustomResourceDefinition } from '../apiserver/custom/definition-of.ts'
import { customResourceDefinitions } from '../apiserver/resources/customresourcedefinitions.ts'
import type { WebhookClientConfig } from '../apiserver/webhook-call.ts'
import { UsageError } from '../base/usage-error.ts'
import type { Client } from '../kube/client.ts'
import type { KeyPair } from '../kube/pki.ts'
import { isNotFound } from '../kube/status.ts'
import type { ProxyServer } from '../proxy/server.ts'
import { conversionPath, providerWebhooks, webhookConfigurations } from '../provider/webhooks.ts'
import { controlEndpoint } from './control.ts'
import { ownDefinitions } from './deploy-files.ts'
import { anyFreePort } from './endpoints.ts'
import { applyWebhooks } from './released/install.ts'
import { withConversion } from './released/webhooks.ts'
import type { Site } from './site.ts'

export interface WebhookPlace {
  /** Any free one where absent. */
  readonly port?: number
  /** The Service that leads there, in a cluster; without one the API server is on this machine. */
  readonly service?: { readonly namespace: string; readonly name: string }
}

/** Reads `NAMESPACE/NAME`. */
export function parseService(text: string): { namespace: string; name: string } {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9-]+)$/.exec(text) ?? []
  if (namespace === undefined || name === undefined)
    throw new UsageError(
      `--webhook-service ${text}: is not NAMESPACE/NAME; give the Service of the provider's webhooks`,
    )
  return { namespace, name }
}

/** Until disposed; then nobody answers, and the API server refuses writes of our kinds, as with any webhook. */
export async function openWebhooks(
  site: Site,
  client: Client,
  authority: KeyPair,
  { port: wanted, service }: WebhookPlace = {},
): Promise<AsyncDisposable> {
  const port = wanted ?? (await anyFreePort())
  const names = service === undefined ? [] : [`${service.name}.${service.namespace}.svc`]
  const serving = await site.pki.issueServer(authority, 'capstorm-webhooks', {
    dns: ['localhost', ...names],
    ips: ['127.0.0.1', '::1'],
  })
  const listener = await (site.proxy as ProxyServer).listen({
    endpoint: { cluster: controlEndpoint, handler: providerWebhooks },
    host: service === undefined ? '127.0.0.1' : '0.0.0.0',
    port,
    serving,
    clientCa: authority.cert,
  })
  const caBundle = Buffer.from(authority.cert).toString('base64')
  const clientConfig = (path: string): WebhookClientConfig =>
    service === undefined
      ? { url: `https://127.0.0.1:${port}${path}`, caBundle }
      : { service: { ...service, path, port: 443 }, caBundle }
  await applyWebhooks(client, webhookConfigurations(clientConfig))
  await serveOlderVersions(client, clientConfig(conversionPath))
  return { [Symbol.asyncDispose]: () => listener.close() }
}

/** Older versions are served from now on: there is somebody who converts them. */
async function serveOlderVersions(client: Client, clientConfig: WebhookClientConfig): Promise<void> {
  for (const { metadata } of ownDefinitions()) {
    const { name } = metadata
    const crd = await client
      .get<CustomResourceDefinition>(customResourceDefinitions, '', name)
      .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error as Error)))
    if (crd === undefined) continue
    const versions = crd.spec.versions.map((version) => ({ ...version, served: true }))
    const labels = Object.fromEntries(versions.map((version) => [`cluster.x-k8s.io/${version.name}`, version.name]))
    const { spec } = withConversion(crd, clientConfig)
    await client.patch(customResourceDefinitions, '', name, { metadata: { labels }, spec: { ...spec, versions } })
  }
}
