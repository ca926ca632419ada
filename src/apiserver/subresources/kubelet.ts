/**
 * The way to a kubelet, as far as there is one: a fake node has no address that anybody answers at.
 * Source: k8s.io/kubernetes/pkg/registry/core/pod (streamLocation), pkg/kubelet/client (GetConnectionInfo).
 */
import { isRecord, records } from '../../kube/object.ts'
import { badRequest, failure, notFound, StatusError } from '../../kube/status.ts'
import { containerLists } from '../rules/container.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

/** In the order in which a server prefers them. */
const addressTypes = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP']

/** Throws where the container that is asked for isn't one, or there is more than one to ask for. */
export function requireContainer(asked: string, pod: KubeObject): void {
  const spec = (pod.spec ?? {}) as Record<string, unknown>
  const names = containerLists.flatMap((list) => records(spec[list]).map((container) => String(container['name'])))
  const { name } = pod.metadata
  if (asked === '' && names.length > 1)
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
  if (asked !== '' && !names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`)
}

/** `resource` is what a node that isn't there is called. */
export function requireNode(store: ObjectStore, name: string, resource = 'nodes'): KubeObject {
  const nodes = store.registry.byPath('', 'v1', 'nodes')
  const node = nodes === undefined ? undefined : store.get(nodes, name)?.value
  if (node === undefined) throw notFound({ group: '', resource, name })
  return node
}

/** Where the node's kubelet would listen. */
export function kubeletOf(store: ObjectStore, name: string, resource?: string): { host: string; port: string } {
  const node = requireNode(store, name, resource)
  const { addresses, daemonEndpoints } = (node.status ?? {}) as Record<string, unknown>
  const all = records(addresses)
  const known = addressTypes.flatMap((type) => all.filter((address) => address['type'] === type))
  const kubelet = isRecord(daemonEndpoints) ? daemonEndpoints['kubeletEndpoint'] : undefined
  const port = (isRecord(kubelet) ? Number(kubelet['Port']) : 0) || 10_250
  if (known[0] === undefined) throw failure(500, undefined, 'no preferred addresses found; known addresses: []')
  return { host: String(known[0]['address']), port: String(port) }
}

/** The node that a pod is on; throws where it is on none. */
export function nodeOf(pod: KubeObject): string {
  const { nodeName = '' } = (pod.spec ?? {}) as { nodeName?: string }
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  return nodeName
}

export const refused = (address: string): string => `dial tcp ${address}: connect: connection refused`

/** What comes of a connection to a kubelet. */
export const notDialed = (address: string): StatusError =>
  failure(500, undefined, `error dialing backend: ${refused(address)}`)
