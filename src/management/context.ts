/** What every reference controller works with: clients by manager, live copies of the kinds, time, and shared habits. */
import { rfc3339, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ResourceDefinition } from '../apiserver/definition.ts'
import type { Client, KindRef } from '../kube/client.ts'
import type { Informer } from '../kube/informer.ts'
import { objectKey, type KubeObject, type OwnerReference, apiVersionOf } from '../kube/object.ts'
import { diffMergePatch } from '../kube/patch.ts'
import type { Pki } from '../kube/pki.ts'
import { isConflict, isNotFound } from '../kube/status.ts'
import { withConditions, type Wanted } from '../kube/conditions.ts'
import type { ClusterCache } from './cluster-cache.ts'
import type {
  Cluster,
  KubeadmConfig,
  KubeadmControlPlane,
  Machine,
  MachineDeployment,
  MachineHealthCheck,
  MachineSet,
  ObjectReference,
} from './kinds/types.ts'
import type { Timers } from './timers.ts'

export interface Informers {
  readonly clusters: Informer<Cluster>
  readonly machines: Informer<Machine>
  readonly machineSets: Informer<MachineSet>
  readonly machineDeployments: Informer<MachineDeployment>
  readonly machineHealthChecks: Informer<MachineHealthCheck>
  readonly controlPlanes: Informer<KubeadmControlPlane>
  readonly kubeadmConfigs: Informer<KubeadmConfig>
  readonly infraClusters: Informer<KubeObject>
  readonly infraMachines: Informer<KubeObject>
}

/** Deliberate bugs, to see the oracles ring. */
export interface Plants {
  readonly healthCheckOff: boolean
  readonly ignoreHealthCheckLimit: boolean
  readonly doubleDelete: boolean
  readonly keepNodes: boolean
}

/** Kinds of the infrastructure provider, which this module knows by contract only. */
export interface InfrastructureKinds {
  readonly cluster: ResourceDefinition
  readonly machine: ResourceDefinition
  readonly machineTemplate: ResourceDefinition
}

export interface Context {
  /** One per manager, told apart by their User-Agent. */
  readonly clients: { readonly core: Client; readonly controlPlane: Client; readonly bootstrap: Client }
  readonly informers: Informers
  readonly infrastructure: InfrastructureKinds
  readonly clusterCache: ClusterCache
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly pki: Pki
  readonly timers: Timers
  readonly plants: Plants
}

export const clusterNameLabel = 'cluster.x-k8s.io/cluster-name'
export const controlPlaneLabel = 'cluster.x-k8s.io/control-plane'
export const deploymentNameLabel = 'cluster.x-k8s.io/deployment-name'
export const setNameLabel = 'cluster.x-k8s.io/set-name'
export const machineFinalizer = 'machine.cluster.x-k8s.io'
const pausedAnnotation = 'cluster.x-k8s.io/paused'

export const secretKind: KindRef = { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true }

export const keyOf = (object: KubeObject): string => objectKey(object.metadata)
export const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? ''
export const isDeleting = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined
export const isPaused = (cluster: Cluster, object: KubeObject): boolean =>
  cluster.spec?.paused === true || object.metadata.annotations?.[pausedAnnotation] !== undefined

export const nowText = ({ clock }: Context): string => rfc3339(clock.wallMs())

export const ownerRef = (kind: ResourceDefinition, owner: KubeObject, controller: boolean): OwnerReference => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid as string,
  ...(controller ? { controller: true, blockOwnerDeletion: true } : {}),
})

/** Orders objects by creation, the oldest first. */
export const oldestFirst = (a: KubeObject, b: KubeObject): number =>
  (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1

/** A Secret of a cluster as Cluster API labels and types them; `data` in base64. Source: cluster-api util/secret. */
export const clusterSecret = (cluster: Cluster, name: string, owner: OwnerReference, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace: namespaceOf(cluster),
    labels: { [clusterNameLabel]: cluster.metadata.name },
    ownerReferences: [owner],
  },
  type: 'cluster.x-k8s.io/secret',
  data,
})

export const isOwnedBy = (object: KubeObject, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid) === true

export const referenceTo = (kind: ResourceDefinition, name: string): ObjectReference => ({
  apiGroup: kind.group,
  kind: kind.kind,
  name,
})

/**
 * Writes the status if it differs from what is there. Conditions are a list that several controllers share, so the
 * write carries an optimistic lock and starts again from the live object after a conflict, as the patch helper does.
 */
export async function patchStatus<T extends KubeObject>(
  context: Context,
  client: Client,
  kind: ResourceDefinition,
  object: T,
  status: Readonly<Record<string, unknown>>,
  conditions: readonly (Wanted | undefined)[],
): Promise<void> {
  let base: KubeObject = object
  for (let attempt = 0; ; attempt++) {
    const before = (base.status ?? {}) as { conditions?: Parameters<typeof withConditions>[0] }
    const merged = withConditions(before.conditions, conditions, nowText(context), base.metadata.generation)
    const after = { ...before, ...status, conditions: merged, observedGeneration: base.metadata.generation }
    const patch = diffMergePatch(before, after)
    if (patch === undefined) return
    try {
      await client.patch(
        kind,
        namespaceOf(base),
        base.metadata.name,
        { metadata: { resourceVersion: base.metadata.resourceVersion }, status: patch },
        'status',
      )
      return
    } catch (error) {
      if (isNotFound(error)) return
      if (!isConflict(error) || attempt >= conflictRetries) throw error
      const live = await client.get(kind, namespaceOf(base), base.metadata.name).catch((cause: unknown) => {
        if (isNotFound(cause)) return undefined
        throw cause
      })
      if (live === undefined || live.metadata.uid !== object.metadata.uid) return
      base = live
    }
  }
}

const conflictRetries = 5

export async function addFinalizer(
  client: Client,
  kind: ResourceDefinition,
  object: KubeObject,
  finalizer: string,
): Promise<boolean> {
  const finalizers = object.metadata.finalizers ?? []
  if (finalizers.includes(finalizer)) return false
  await client.patch(kind, namespaceOf(object), object.metadata.name, {
    metadata: { finalizers: [...finalizers, finalizer], resourceVersion: object.metadata.resourceVersion },
  })
  return true
}

export async function removeFinalizer(
  client: Client,
  kind: ResourceDefinition,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) return
  const rest = finalizers.filter((each) => each !== finalizer)
  await ignoreNotFound(
    client.patch(kind, namespaceOf(object), object.metadata.name, {
      metadata: { finalizers: rest.length === 0 ? null : rest, resourceVersion: object.metadata.resourceVersion },
    }),
  )
}

export async function deleteIfThere(
  client: Client,
  kind: ResourceDefinition,
  object: KubeObject | undefined,
): Promise<void> {
  if (object === undefined || isDeleting(object)) return
  await ignoreNotFound(client.delete(kind, namespaceOf(object), object.metadata.name))
}

export async function ignoreNotFound(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** An absolute number, or a share of `total`; percentages round up or down as their field does. */
export function intOrPercent(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const share = (parseFloat(value) / 100) * total
  return round === 'up' ? Math.ceil(share - 1e-9) : Math.floor(share + 1e-9)
}

/**
 * Waits for one's own writes to come back before deciding again: a cache that lags makes controllers create twice.
 * Source: cluster-api's consistency store (capi_reconcile_stale_cache_skips_total).
 */
export class WriteGuard {
  readonly #clock: Clock
  readonly #pending = new Map<string, { isSeen: () => boolean; until: number }[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  expect(key: string, isSeen: () => boolean): void {
    const list = this.#pending.get(key) ?? []
    list.push({ isSeen, until: this.#clock.now() + 10_000 })
    this.#pending.set(key, list)
  }

  isStale(key: string): boolean {
    const list = this.#pending.get(key)
    if (list === undefined) return false
    const left = list.filter(({ isSeen, until }) => this.#clock.now() < until && !isSeen())
    if (left.length === 0) this.#pending.delete(key)
    else this.#pending.set(key, left)
    return left.length > 0
  }
}
