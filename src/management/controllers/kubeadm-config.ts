/** Bootstrap data for machines: the first control plane initialises, the others wait for it and join. Source: cluster-api bootstrap/kubeadm. */
import { splitKey } from '../../kube/object.ts'
import { isAlreadyExists } from '../../kube/status.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { no, yes } from '../conditions.ts'
import {
  clusterNameLabel,
  clusterSecret,
  controlPlaneLabel,
  isDeleting,
  namespaceOf,
  ownerRef,
  patchStatus,
  secretKind,
  type Context,
} from '../context.ts'
import { kubeadmConfigs } from '../kinds/catalogue.ts'

export function kubeadmConfigReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const config = informers.kubeadmConfigs.get(namespace, name)
    if (config === undefined || isDeleting(config) || config.status?.initialization?.dataSecretCreated === true) return
    const cluster = informers.clusters.get(namespace, config.metadata.labels?.[clusterNameLabel] ?? '')
    const machine = informers.machines.get(namespace, name)
    if (cluster === undefined || machine === undefined) return
    if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
      await patchStatus(context, clients.bootstrap, kubeadmConfigs, config, {}, [
        no('DataSecretAvailable', 'NotAvailable', 'Waiting for Cluster status.infrastructureReady to be true'),
      ])
      return
    }
    const initialized = cluster.status.initialization.controlPlaneInitialized === true
    const controlPlane = machine.metadata.labels?.[controlPlaneLabel] !== undefined
    if (!initialized && (!controlPlane || !isFirst())) {
      await patchStatus(context, clients.bootstrap, kubeadmConfigs, config, {}, [
        no('DataSecretAvailable', 'NotAvailable', 'Waiting for Cluster control plane to be initialized'),
      ])
      return { requeueAfter: 30_000 }
    }
    const role = initialized ? (controlPlane ? 'join a control plane' : 'join') : 'init'
    const secret = clusterSecret(cluster, name, ownerRef(kubeadmConfigs, config, true), {
      value: Buffer.from(`## kubeadm: ${role}\n`).toString('base64'),
      format: Buffer.from('cloud-config').toString('base64'),
    })
    await clients.bootstrap.create(secretKind, secret).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
    await patchStatus(
      context,
      clients.bootstrap,
      kubeadmConfigs,
      config,
      { dataSecretName: name, initialization: { dataSecretCreated: true } },
      [yes('DataSecretAvailable', 'Available'), yes('Ready', 'Ready')],
    )

    /** The init lock: among a cluster's control-plane machines the oldest one initialises. */
    function isFirst(): boolean {
      for (const other of informers.machines.values()) {
        if (
          namespaceOf(other) !== namespace ||
          other.spec.clusterName !== cluster?.metadata.name ||
          other.metadata.labels?.[controlPlaneLabel] === undefined
        )
          continue
        if (other.metadata.name === name || isDeleting(other)) continue
        if (
          informers.kubeadmConfigs.get(namespace, other.metadata.name)?.status?.initialization?.dataSecretCreated ===
          true
        )
          return false
      }
      return true
    }
  }
}
