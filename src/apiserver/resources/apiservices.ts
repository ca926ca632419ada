import { conditionOf, isRecord } from '../../kube/object.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { apiServiceCauses, apiServiceConditions, apiServiceSpec, localCondition } from '../rules/api-service.ts'

/** Source: k8s.io/kube-aggregator/pkg/registry/apiservice/etcd. */
function service(object: KubeObject): string {
  const { service: hosted } = apiServiceSpec(object)
  return hosted === undefined ? 'Local' : `${hosted.namespace}/${hosted.name}`
}

function available(object: KubeObject): string {
  const condition = conditionOf(apiServiceConditions(object), 'Available')
  const { status = '', reason = '' } = condition ?? {}
  return status === 'False' || status === 'Unknown' ? `${status} (${reason})` : status
}

export const apiServices = builtIn({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
  lockedUpdates: true,
  categories: ['api-extensions'],
  status: true,
  untabled: 'status',
  statusLeaves: 'metadata',
  defaults: (object) => {
    const spec = apiServiceSpec(object)
    return isRecord(spec.service) ? { ...object, spec: { ...spec, service: { port: 443, ...spec.service } } } : object
  },
  validate: apiServiceCauses,
  // What the server itself answers is there at once.
  settle: (object) =>
    apiServiceSpec(object).service === undefined
      ? { ...object, status: { conditions: [localCondition(object.metadata.creationTimestamp as string)] } }
      : object,
  documented: {
    Service: 'The reference to the service that hosts this API endpoint.',
    Available: 'Whether this service is available.',
  },
  columns: [computed('Service', 'string', service), computed('Available', 'string', available), ageColumn],
})
