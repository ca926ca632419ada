/** Serves the provider's admission webhooks, and tells a management cluster where. */
import type { Client } from '../kube/client.ts'
import type { KeyPair } from '../kube/pki.ts'
import type { ProxyServer } from '../proxy/server.ts'
import { providerWebhooks, webhookConfigurations } from '../provider/webhooks.ts'
import { controlEndpoint } from './control.ts'
import { anyFreePort } from './endpoints.ts'
import { issueLoopback } from './identity.ts'
import { applyWebhooks } from './released/install.ts'
import type { Site } from './site.ts'

/** Until disposed; then nobody answers, and the API server refuses writes of our kinds, as with any webhook. */
export async function openWebhooks(
  site: Site,
  client: Client,
  authority: KeyPair,
  wanted = 0,
): Promise<AsyncDisposable> {
  const host = '127.0.0.1'
  const port = wanted === 0 ? await anyFreePort() : wanted
  const listener = await (site.proxy as ProxyServer).listen({
    endpoint: { cluster: controlEndpoint, handler: providerWebhooks },
    host,
    port,
    serving: await issueLoopback(site.pki, authority, 'capstorm-webhooks'),
    clientCa: authority.cert,
  })
  const caBundle = Buffer.from(authority.cert).toString('base64')
  await applyWebhooks(client, webhookConfigurations(`https://${host}:${port}`, caBundle))
  return { [Symbol.asyncDispose]: () => listener.close() }
}
