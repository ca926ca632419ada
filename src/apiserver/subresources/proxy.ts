/**
 * Requests to what nodes, pods and services serve: nothing here, so they end where a real server would dial.
 * Source: ResourceLocation in k8s.io/kubernetes/pkg/registry/core/{node,pod,service/storage}.
 */
import { isIP } from 'node:net'
import type { Exchange } from '../../kube/handler.ts'
import { records } from '../../kube/object.ts'
import { badRequest, failure, notFound, type StatusError } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { endpoints } from '../resources/endpoints.ts'
import { endpointAddressProblems } from '../rules/address.ts'
import { serviceSpec } from '../rules/service-spec.ts'
import type { ObjectStore } from '../store.ts'
import { connection } from './connect.ts'
import { kubeletOf, refused } from './kubelet.ts'
import type { Subresource } from './subresource.ts'

/** `name`, `name:port` or `scheme:name:port`. */
interface Id {
  readonly name: string
  readonly port: string
}

function idOf({ singular }: ResourceDefinition, { request }: Exchange): Id {
  const parts = request.name.split(':')
  const [scheme = '', name = '', port = ''] = parts.length < 3 ? ['', ...parts] : parts
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme))
    throw badRequest(`invalid ${singular} request ${JSON.stringify(request.name)}`)
  return { name, port }
}

const unavailable = (why: string): StatusError => failure(503, 'ServiceUnavailable', why)

const unreachable = (host: string, port: string): StatusError =>
  unavailable(`error trying to reach service: ${refused(`${isIP(host) === 6 ? `[${host}]` : host}:${port || '80'}`)}`)

/** Nobody is let through to this host, this link, or all of it. */
function requireProxyable(host: string): void {
  if (isIP(host) !== 0 && endpointAddressProblems(host).length > 0) throw badRequest('address not allowed')
}

const proxy = (
  kind: string,
  reach: (store: ObjectStore, definition: ResourceDefinition, exchange: Exchange, id: Id) => StatusError,
): Subresource =>
  connection(kind, ['create', 'delete', 'get', 'patch', 'update'], ({ store }, definition, exchange) => {
    throw reach(store, definition, exchange, idOf(definition, exchange))
  })

export const nodeProxy = proxy('NodeProxyOptions', (store, _definition, _exchange, { name, port }) => {
  const { host, port: kubeletPort } = kubeletOf(store, name)
  requireProxyable(host)
  return unreachable(host, port || kubeletPort)
})

export const podProxy = proxy('PodProxyOptions', (store, definition, { request }, { name, port }) => {
  const { spec, status } = store.require(definition, `${request.namespace}/${name}`).value
  const { podIP = '' } = (status ?? {}) as { podIP?: string }
  if (isIP(podIP) === 0) throw badRequest('address not allowed')
  requireProxyable(podIP)
  const { containers } = (spec ?? {}) as { containers?: unknown }
  const [first] = records(containers).flatMap((container) => records(container['ports']))
  return unreachable(podIP, port || (first === undefined ? '' : String(first['containerPort'])))
})

export const serviceProxy = proxy('ServiceProxyOptions', (store, definition, { request }, { name, port }) => {
  const key = `${request.namespace}/${name}`
  const portName = /^\d+$/.test(port) ? namedPort(store, definition, key, Number(port)) : port
  const found = store.get(endpoints, key)?.value
  if (found === undefined) throw notFound({ group: '', resource: definition.resource, name })
  const subsets = records(found['subsets'])
  if (subsets.length === 0) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  for (const { addresses, ports } of subsets) {
    const served = records(ports).find((each) => (each['name'] ?? '') === portName)
    const address = records(addresses).find((each) => each['targetRef'] !== undefined)
    if (served !== undefined && address !== undefined) return unreachable(String(address['ip']), String(served['port']))
  }
  return unavailable(`no endpoints available for service ${JSON.stringify(request.name)}`)
})

function namedPort(store: ObjectStore, definition: ResourceDefinition, key: string, number: number): string {
  const service = store.require(definition, key).value
  const port = (serviceSpec(service).ports ?? []).find((each) => each.port === number)
  if (port !== undefined) return port.name ?? ''
  throw unavailable(`no service port ${number} found for service ${JSON.stringify(service.metadata.name)}`)
}
