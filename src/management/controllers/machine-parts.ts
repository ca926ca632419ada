/** Making and naming machines with their infrastructure and bootstrap objects, for whoever owns them. */
import type { Client } from '../../kube/client.ts'
import type { ResourceDefinition } from '../../apiserver/definition.ts'
import type { KubeObject } from '../../kube/object.ts'
import { isAlreadyExists } from '../../kube/status.ts'
import { clusterNameLabel, isOwnedBy, namespaceOf, ownerRef, referenceTo, type Context } from '../context.ts'
import { clusters, kubeadmConfigs, machines } from '../kinds/catalogue.ts'
import type { Machine, MachineSpec, Template } from '../kinds/types.ts'

export interface NewMachine {
  readonly owner: KubeObject
  readonly ownerKind: ResourceDefinition
  readonly name: string
  readonly clusterName: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly infrastructureTemplate: string
  /** Undefined: an empty KubeadmConfig, as a control plane without kubeadmConfigSpec makes it. */
  readonly bootstrap: unknown
  readonly spec: Omit<MachineSpec, 'bootstrap' | 'infrastructureRef' | 'clusterName'>
}

/** Infrastructure and bootstrap objects first, then the Machine that refers to them; what exists already is adopted. */
export async function createMachine(context: Context, client: Client, wanted: NewMachine): Promise<Machine> {
  const namespace = namespaceOf(wanted.owner)
  const { infrastructure } = context
  const template = await client.get<Template>(infrastructure.machineTemplate, namespace, wanted.infrastructureTemplate)
  await ownTemplate(context, client, infrastructure.machineTemplate, template, wanted.clusterName)
  const labels = { ...wanted.labels, [clusterNameLabel]: wanted.clusterName }
  const metadata = {
    name: wanted.name,
    namespace,
    labels,
    ownerReferences: [ownerRef(wanted.ownerKind, wanted.owner, false)],
  }
  await createOrAdopt(client, infrastructure.machine, {
    apiVersion: `${infrastructure.machine.group}/${infrastructure.machine.version}`,
    kind: infrastructure.machine.kind,
    metadata: {
      ...metadata,
      annotations: {
        'cluster.x-k8s.io/cloned-from-name': wanted.infrastructureTemplate,
        'cluster.x-k8s.io/cloned-from-groupkind': `${infrastructure.machineTemplate.kind}.${infrastructure.machineTemplate.group}`,
      },
    },
    spec: template.spec?.template?.spec ?? {},
  })
  await createOrAdopt(client, kubeadmConfigs, {
    apiVersion: `${kubeadmConfigs.group}/${kubeadmConfigs.version}`,
    kind: kubeadmConfigs.kind,
    metadata,
    spec: wanted.bootstrap ?? {},
  })
  const machine: Machine = {
    apiVersion: `${machines.group}/${machines.version}`,
    kind: machines.kind,
    metadata: {
      name: wanted.name,
      namespace,
      labels,
      ...(Object.keys(wanted.annotations).length === 0 ? {} : { annotations: wanted.annotations }),
      ownerReferences: [ownerRef(wanted.ownerKind, wanted.owner, true)],
    },
    spec: {
      ...wanted.spec,
      clusterName: wanted.clusterName,
      bootstrap: { configRef: referenceTo(kubeadmConfigs, wanted.name) },
      infrastructureRef: referenceTo(infrastructure.machine, wanted.name),
    },
  }
  return (await createOrAdopt(client, machines, machine)) as Machine
}

/** Templates go with their cluster. Source: cluster-api reconcileExternalTemplateReference. */
export async function ownTemplate(
  context: Context,
  client: Client,
  kind: ResourceDefinition,
  template: KubeObject,
  clusterName: string,
): Promise<void> {
  const cluster = context.informers.clusters.get(namespaceOf(template), clusterName)
  if (cluster === undefined || isOwnedBy(template, cluster)) return
  const ownerReferences = [...(template.metadata.ownerReferences ?? []), ownerRef(clusters, cluster, false)]
  await client.patch(kind, namespaceOf(template), template.metadata.name, {
    metadata: { ownerReferences, resourceVersion: template.metadata.resourceVersion },
  })
}

async function createOrAdopt(client: Client, kind: ResourceDefinition, object: KubeObject): Promise<KubeObject> {
  try {
    return await client.create(kind, object)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return client.get(kind, namespaceOf(object), object.metadata.name)
  }
}

/** `<owner>-<5 random>`: the next name an owner gives; the same in every run of the same seed. */
export class MachineNames {
  readonly #random: Context['random']
  readonly #counts = new Map<string, number>()

  constructor(random: Context['random']) {
    this.#random = random
  }

  next(owner: KubeObject): string {
    const uid = owner.metadata.uid as string
    const count = this.#counts.get(uid) ?? 0
    this.#counts.set(uid, count + 1)
    return `${owner.metadata.name.slice(0, 57)}-${this.#random.suffix(5, 'machine-name', uid, count)}`
  }

  forget(uid: string): void {
    this.#counts.delete(uid)
  }
}
