/** The built-in kinds that our API servers serve: the table of contents of this folder. */
import type { ResourceDefinition } from '../definition.ts'
import { bindings } from './bindings.ts'
import { clusterRoleBindings } from './clusterrolebindings.ts'
import { clusterRoles } from './clusterroles.ts'
import { configMaps } from './configmaps.ts'
import { csiDrivers } from './csidrivers.ts'
import { customResourceDefinitions } from './customresourcedefinitions.ts'
import { daemonSets } from './daemonsets.ts'
import { deployments } from './deployments.ts'
import { endpoints } from './endpoints.ts'
import { events } from './events.ts'
import { groupedEvents } from './grouped-events.ts'
import { leases } from './leases.ts'
import { namespaces } from './namespaces.ts'
import { nodes } from './nodes.ts'
import { persistentVolumeClaims } from './persistentvolumeclaims.ts'
import { persistentVolumes } from './persistentvolumes.ts'
import { podDisruptionBudgets } from './poddisruptionbudgets.ts'
import { pods } from './pods.ts'
import { replicaSets } from './replicasets.ts'
import { replicationControllers } from './replicationcontrollers.ts'
import { roleBindings } from './rolebindings.ts'
import { roles } from './roles.ts'
import { secrets } from './secrets.ts'
import { serviceAccounts } from './serviceaccounts.ts'
import { services } from './services.ts'
import { statefulSets } from './statefulsets.ts'
import { tokenReviews } from './tokenreviews.ts'
import { selfSubjectReviews } from './selfsubjectreviews.ts'
import { subjectAccessReviews } from './subjectaccessreviews.ts'
import { localSubjectAccessReviews } from './localsubjectaccessreviews.ts'
import { selfSubjectAccessReviews } from './selfsubjectaccessreviews.ts'
import { selfSubjectRulesReviews } from './selfsubjectrulesreviews.ts'
import { storageClasses } from './storageclasses.ts'
import { csiNodes } from './csinodes.ts'
import { csiStorageCapacities } from './csistoragecapacities.ts'
import { priorityClasses } from './priorityclasses.ts'
import { endpointSlices } from './endpointslices.ts'
import { controllerRevisions } from './controllerrevisions.ts'
import { resourceQuotas } from './resourcequotas.ts'
import { limitRanges } from './limitranges.ts'
import { certificateSigningRequests } from './certificatesigningrequests.ts'
import { mutatingWebhookConfigurations } from './mutatingwebhookconfigurations.ts'
import { validatingWebhookConfigurations } from './validatingwebhookconfigurations.ts'
import { apiServices } from './apiservices.ts'
import { jobs } from './jobs.ts'
import { cronJobs } from './cronjobs.ts'
import { deviceClasses } from './deviceclasses.ts'
import { resourceClaims } from './resourceclaims.ts'
import { resourceClaimTemplates } from './resourceclaimtemplates.ts'
import { resourceSlices } from './resourceslices.ts'
import { componentStatuses } from './componentstatuses.ts'
import { flowSchemas } from './flowschemas.ts'
import { ipAddresses } from './ipaddresses.ts'
import { priorityLevelConfigurations } from './prioritylevelconfigurations.ts'
import { serviceCidrs } from './servicecidrs.ts'
import { horizontalPodAutoscalers, oldHorizontalPodAutoscalers } from './horizontalpodautoscalers.ts'
import { ingressClasses } from './ingressclasses.ts'
import { ingresses } from './ingresses.ts'
import { networkPolicies } from './networkpolicies.ts'
import { podTemplates } from './podtemplates.ts'
import { runtimeClasses } from './runtimeclasses.ts'
import { volumeAttributesClasses } from './volumeattributesclasses.ts'
import { validatingAdmissionPolicies } from './validatingadmissionpolicies.ts'
import { validatingAdmissionPolicyBindings } from './validatingadmissionpolicybindings.ts'
import { volumeAttachments } from './volumeattachments.ts'

export const builtInResources: readonly ResourceDefinition[] = [
  bindings,
  configMaps,
  endpoints,
  events,
  groupedEvents,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  replicationControllers,
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
  tokenReviews,
  storageClasses,
  csiNodes,
  csiStorageCapacities,
  priorityClasses,
  endpointSlices,
  controllerRevisions,
  resourceQuotas,
  limitRanges,
  certificateSigningRequests,
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  apiServices,
  jobs,
  cronJobs,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  componentStatuses,
  flowSchemas,
  priorityLevelConfigurations,
  ipAddresses,
  serviceCidrs,
  horizontalPodAutoscalers,
  oldHorizontalPodAutoscalers,
  networkPolicies,
  ingresses,
  ingressClasses,
  runtimeClasses,
  podTemplates,
  volumeAttributesClasses,
  selfSubjectReviews,
  subjectAccessReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
]
