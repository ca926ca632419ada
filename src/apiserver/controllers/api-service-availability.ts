/**
 * Whether what answers an API service is there. Nothing listens at the addresses of a fake cluster, so one that has
 * everything else fails at the question of what it serves.
 * Source: k8s.io/kube-aggregator/pkg/controllers/status/remote.
 */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { withConditions } from '../../kube/conditions.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { apiServices } from '../resources/apiservices.ts'
import { endpointSlices } from '../resources/endpointslices.ts'
import { services } from '../resources/services.ts'
import { apiServiceConditions, apiServiceSpec } from '../rules/api-service.ts'
import type { Slice } from '../rules/endpoint.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

const serviceNameLabel = 'kubernetes.io/service-name'

/** `later` runs outside of the write that caused it. */
export function startAvailability(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  /** API services that somebody else answers: few clusters have any. */
  const delegated = new Map<string, ReturnType<typeof apiServiceSpec>['service']>()
  const syncAll = (namespace: string | undefined, name: string | undefined): void => {
    for (const [key, service] of delegated)
      if (service?.namespace === namespace && service?.name === name) later(() => sync(store, clock, key))
  }
  store.listen((definition, { type, stored: { key, value } }) => {
    const { name, namespace, labels } = value.metadata
    if (definition === apiServices) {
      const { service } = apiServiceSpec(value)
      if (type === 'DELETED' || service === undefined) return void delegated.delete(key)
      delegated.set(key, service)
      later(() => sync(store, clock, key))
    } else if (definition === services) syncAll(namespace, name)
    else if (definition === endpointSlices) syncAll(namespace, labels?.[serviceNameLabel])
  })
}

function sync(store: ObjectStore, clock: Clock, key: string): void {
  const found = store.get(apiServices, key)?.value
  if (found === undefined) return
  const problem = unavailable(store, found)
  if (problem === undefined) return
  const before = apiServiceConditions(found)
  const wanted = { type: 'Available', status: 'False', ...problem } as const
  const conditions = withConditions(before, [wanted], rfc3339(clock.wallMs()), undefined)
  if (conditions === before) return
  const after = { ...found, status: { ...(found.status as object | undefined), conditions } }
  store.update(apiServices, ownedUpdate(apiServices, found, after, ownWriter(apiServices, clock)))
}

interface Problem {
  readonly reason: string
  readonly message: string
}

/** Undefined for what the server answers itself. */
function unavailable(store: ObjectStore, object: KubeObject): Problem | undefined {
  const { service, group, version } = apiServiceSpec(object)
  if (service === undefined) return undefined
  const { name, namespace, port } = service
  const found = store.get(services, `${namespace}/${name}`)?.value
  const where = `service/${name} in ${JSON.stringify(namespace)}`
  if (found === undefined) return { reason: 'ServiceNotFound', message: `${where} is not present` }
  const {
    type,
    clusterIP,
    ports = [],
  } = found.spec as {
    type?: string
    clusterIP?: string
    ports?: { port: number; name?: string }[]
  }
  if (type === 'ClusterIP') {
    const listening = ports.find((each) => each.port === port)
    if (listening === undefined)
      return { reason: 'ServicePortError', message: `${where} is not listening on port ${port}` }
    const { name: portName = '' } = listening
    const slices = slicesOf(store, namespace, name)
    if (slices.length === 0) return { reason: 'EndpointsNotFound', message: `cannot find endpointslices for ${where}` }
    if (!slices.some((slice) => answersAt(slice, portName)))
      return {
        reason: 'MissingEndpoints',
        message: `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`,
      }
  }
  const url = `https://${clusterIP}:${port}/apis/${group}/${version}`
  return {
    reason: 'FailedDiscoveryCheck',
    message: `failing or missing response from ${url}: Get "${url}": dial tcp ${clusterIP}:${port}: connect: connection refused`,
  }
}

const slicesOf = (store: ObjectStore, namespace: string | undefined, name: string | undefined): Slice[] =>
  store
    .all(endpointSlices)
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[serviceNameLabel] === name)

const answersAt = ({ endpoints, ports }: Slice, portName: string): boolean =>
  (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
  (ports ?? []).some(({ name = '', port }) => name === portName && port !== undefined)
