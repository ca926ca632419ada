/** The built-in kinds that our API servers serve: the table of contents of this folder. */
import type { ResourceDefinition } from '../definition.ts'
import { clusterRoleBindings } from './clusterrolebindings.ts'
import { clusterRoles } from './clusterroles.ts'
import { configMaps } from './configmaps.ts'
import { csiDrivers } from './csidrivers.ts'
import { customResourceDefinitions } from './customresourcedefinitions.ts'
import { daemonSets } from './daemonsets.ts'
import { deployments } from './deployments.ts'
import { endpoints } from './endpoints.ts'
import { events } from './events.ts'
import { leases } from './leases.ts'
import { namespaces } from './namespaces.ts'
import { nodes } from './nodes.ts'
import { persistentVolumeClaims } from './persistentvolumeclaims.ts'
import { persistentVolumes } from './persistentvolumes.ts'
import { podDisruptionBudgets } from './poddisruptionbudgets.ts'
import { pods } from './pods.ts'
import { replicaSets } from './replicasets.ts'
import { roleBindings } from './rolebindings.ts'
import { roles } from './roles.ts'
import { secrets } from './secrets.ts'
import { serviceAccounts } from './serviceaccounts.ts'
import { services } from './services.ts'
import { statefulSets } from './statefulsets.ts'
import { volumeAttachments } from './volumeattachments.ts'

export const builtInResources: readonly ResourceDefinition[] = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  serviceAccounts,
  services,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  leases,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  csiDrivers,
  customResourceDefinitions,
  volumeAttachments,
]
