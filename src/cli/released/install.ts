/** Puts the released managers' definitions and webhooks into the embedded management cluster. */
import type { CustomResourceDefinition } from '../../apiserver/custom/definition-of.ts'
import { customResourceDefinitions } from '../../apiserver/resources/customresourcedefinitions.ts'
import { mutatingWebhookConfigurations } from '../../apiserver/resources/mutatingwebhookconfigurations.ts'
import { validatingWebhookConfigurations } from '../../apiserver/resources/validatingwebhookconfigurations.ts'
import type { Client, KindRef } from '../../kube/client.ts'
import type { KubeObject } from '../../kube/object.ts'
import { isNotFound } from '../../kube/status.ts'
import { localWebhooks, withLocalConversion, type WebhookSource } from './webhooks.ts'

export interface Released {
  readonly definitions: readonly CustomResourceDefinition[]
  readonly webhooks: readonly WebhookSource[]
}

/** Creates what is not there yet and replaces what is: data of an earlier process may hold older ones. */
export async function installReleased(client: Client, { definitions, webhooks }: Released, ca: string): Promise<void> {
  for (const definition of definitions)
    await apply(client, customResourceDefinitions, withLocalConversion(definition, webhooks, ca))
  await applyWebhooks(
    client,
    webhooks.flatMap((source) => localWebhooks(source, ca)),
  )
}

export async function applyWebhooks(client: Client, configurations: readonly KubeObject[]): Promise<void> {
  for (const configuration of configurations) {
    const mutating = configuration.kind === 'MutatingWebhookConfiguration'
    await apply(client, mutating ? mutatingWebhookConfigurations : validatingWebhookConfigurations, configuration)
  }
}

async function apply(client: Client, kind: KindRef, object: KubeObject): Promise<void> {
  const { name } = object.metadata
  try {
    const { metadata } = await client.get(kind, '', name)
    const { resourceVersion } = metadata
    await client.update(kind, {
      ...object,
      metadata: { ...object.metadata, resourceVersion } as KubeObject['metadata'],
    })
  } catch (error) {
    if (!isNotFound(error)) throw error
    await client.create(kind, object)
  }
}
