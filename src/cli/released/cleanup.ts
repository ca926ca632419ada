/** `capstorm soak --cleanup`: removes what soaks of a profile have left behind, after a crash or on a second thought. */
import { sleep, type Clock } from '../../base/clock.ts'
import type { Client, KindRef } from '../../kube/client.ts'
import { objectKey } from '../../kube/object.ts'
import { ignoreMissing } from '../../kube/status.ts'
import { namespaceKind, soakSelection } from '../../soak/fleet.ts'
import {
  clusterKind,
  controlPlaneKind,
  devClusterKind,
  devMachineTemplateKind,
  kubeadmConfigTemplateKind,
  machineDeploymentKind,
  machineHealthCheckKind,
} from '../../soak/kinds.ts'
import type { SoakProfile } from '../../soak/profile.ts'

/** Clusters take their machines with them; the rest is what stayed of clusters that were never complete. */
const order: readonly KindRef[] = [
  clusterKind,
  machineHealthCheckKind,
  machineDeploymentKind,
  controlPlaneKind,
  devClusterKind,
  devMachineTemplateKind,
  kubeadmConfigTemplateKind,
  namespaceKind,
]

/** Deletes kind by kind and waits for each to be gone. Returns what is left after `within` milliseconds. */
export async function cleanUp(client: Client, profile: SoakProfile, clock: Clock, within: number): Promise<string[]> {
  const { namespace, labelSelector } = soakSelection(profile)
  const deadline = clock.now() + within
  for (const kind of order) {
    for (;;) {
      const { items } = await client.list(kind, kind.namespaced ? { namespace, labelSelector } : { labelSelector })
      if (items.length === 0) break
      if (clock.now() >= deadline) return items.map(({ metadata }) => `${kind.kind} ${objectKey(metadata)}`)
      for (const { metadata } of items) {
        if (metadata.deletionTimestamp !== undefined) continue
        await client.delete(kind, metadata.namespace ?? '', metadata.name).catch(ignoreMissing)
      }
      await sleep(clock, 1_000)
    }
  }
  return []
}
