/** Published webhook configurations, pointed at managers that run on this machine. */
import { UsageError } from '../../base/usage-error.ts'
import type { Webhook } from '../../apiserver/admission/webhook.ts'
import type { CustomResourceDefinition } from '../../apiserver/custom/definition-of.ts'
import type { WebhookClientConfig } from '../../apiserver/webhook-call.ts'
import type { KubeObject } from '../../kube/object.ts'
import { readObjects } from './documents.ts'

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks: readonly Webhook[]
}

/** A file of webhook configurations and the port where their manager listens. */
export interface WebhookSource {
  readonly file: string
  readonly port: number
  readonly configurations: readonly WebhookConfiguration[]
}

const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/** Reads `FILE=PORT`. */
export function readWebhookSource(argument: string): WebhookSource {
  const at = argument.lastIndexOf('=')
  const file = argument.slice(0, at)
  const port = Number(argument.slice(at + 1))
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(
      `--webhooks ${argument}: is not FILE=PORT; give the file of a manager's webhook configurations and the port of its --webhook-port, as core.yaml=9443`,
    )
  const configurations = readObjects(file, '--webhooks').filter(({ kind }) => kinds.includes(kind ?? ''))
  if (configurations.length === 0)
    throw new UsageError(
      `${file}: holds no webhook configuration; give the manager's webhook manifests with --webhooks`,
    )
  return { file, port, configurations: configurations as WebhookConfiguration[] }
}

/** The configurations with `url` and `caBundle` for `service`; named after their port too, since published names collide. */
export function localWebhooks({ port, configurations }: WebhookSource, ca: string): WebhookConfiguration[] {
  const caBundle = Buffer.from(ca).toString('base64')
  return configurations.map((configuration) => ({
    ...configuration,
    metadata: { ...configuration.metadata, name: `${configuration.metadata.name}-${port}` },
    webhooks: configuration.webhooks.map((webhook) => {
      const { service, url } = webhook.clientConfig
      const path = service?.path ?? (url === undefined ? '/' : new URL(url).pathname)
      return { ...webhook, clientConfig: { url: localUrl(port, path), caBundle } }
    }),
  }))
}

/** Objects of several versions are converted by whoever serves `clientConfig`. */
export const withConversion = (
  crd: CustomResourceDefinition,
  clientConfig: WebhookClientConfig,
): CustomResourceDefinition => ({
  ...crd,
  spec: {
    ...crd.spec,
    conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
  },
})

/**
 * The definition with the conversion webhook of its manager, which is the one that has admission webhooks for the
 * group: kustomize puts it into the released components, the published bases lack it.
 */
export function withLocalConversion(
  crd: CustomResourceDefinition,
  sources: readonly WebhookSource[],
  ca: string,
): CustomResourceDefinition {
  const { group, versions, conversion } = crd.spec
  const source = sources.find(({ configurations }) =>
    configurations.some(({ webhooks }) =>
      webhooks.some(({ rules = [] }) => rules.some(({ apiGroups = [] }) => apiGroups.includes(group))),
    ),
  )
  if (source === undefined || versions.filter(({ served }) => served).length < 2) return crd
  const path = conversion?.webhook?.clientConfig?.service?.path ?? '/convert'
  return withConversion(crd, { url: localUrl(source.port, path), caBundle: Buffer.from(ca).toString('base64') })
}

export const localUrl = (port: number, path: string): string =>
  `https://127.0.0.1:${port}${path.startsWith('/') ? path : `/${path}`}`
