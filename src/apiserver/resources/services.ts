import { serviceProxy } from '../subresources/proxy.ts'
import { builtIn, type ResourceDefinition } from '../definition.ts'
import { allocated, reallocated } from '../rules/service-allocation.ts'
import { serviceColumns } from '../rules/service-columns.ts'
import { withServiceDefaults } from '../rules/service-defaults.ts'
import { balancerWarnings, serviceWarnings } from '../rules/service-warnings.ts'
import { serviceCauses } from '../rules/service.ts'
import { serviceQuota } from '../quota/services.ts'

export const services: ResourceDefinition = builtIn({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  quota: serviceQuota,
  namespaced: true,
  createdByUpdate: true,
  createdByStatus: 'update',
  returnsDeleted: true,
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  subresources: { proxy: serviceProxy },
  defaults: withServiceDefaults,
  allocate: (service, objects, dryRun) => allocated(services, service, objects, dryRun),
  keeps: (service, before, objects, _, dryRun) => reallocated(services, service, before, objects, dryRun),
  validate: serviceCauses,
  warn: serviceWarnings,
  warnStatus: balancerWarnings,
  documented: {
    Type: 'core-v1.ServiceSpec.type',
    'Cluster-IP': 'core-v1.ServiceSpec.clusterIP',
    'External-IP': 'core-v1.ServiceSpec.externalIPs',
    'Port(s)': 'core-v1.ServiceSpec.ports',
    Selector: 'core-v1.ServiceSpec.selector',
  },
  fieldSelectors: {
    'spec.clusterIP': ({ spec }) => (spec as { clusterIP?: string } | undefined)?.clusterIP ?? '',
    'spec.type': ({ spec }) => (spec as { type?: string } | undefined)?.type ?? '',
  },
  columns: serviceColumns,
})
