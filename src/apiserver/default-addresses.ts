/**
 * The range of the services' addresses, and whose each of them is. Source: k8s.io/kubernetes/pkg/controlplane/controller/
 * defaultservicecidr, pkg/registry/core/service/ipallocator.
 */
import { rfc3339, type Clock } from '../base/clock.ts'
import { isIP } from 'node:net'
import { asPrinted } from './conform.ts'
import { ownApply, ownedUpdate, ownWriter } from './ownership.ts'
import { ipAddresses } from './resources/ipaddresses.ts'
import { serviceCidrs } from './resources/servicecidrs.ts'
import { services } from './resources/services.ts'
import { serviceSpec } from './rules/service-spec.ts'
import type { ObjectStore } from './store.ts'
import { furnish, systemObject, type Instant } from './system-objects.ts'
import type { KubeObject } from './types.ts'

const apiVersion = 'networking.k8s.io/v1'
const range = {
  apiVersion,
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: ['10.96.0.0/12'] },
  status: {},
}
const readiness = { type: 'Ready', status: 'True', message: 'Kubernetes default Service CIDR is ready' }
const labels = 'ipaddress.kubernetes.io'

export function createDefaultAddresses(store: ObjectStore, clock: Clock): void {
  furnish(store, clock, serviceCidrs, [range], (_range, start) => withReady(start))
  let isFurnished = false
  store.furnish(ipAddresses, () => {
    isFurnished = true
    for (const service of store.all(services)) for (const ip of addressesOf(service)) create(store, clock, ip, service)
  })
  store.listen((definition, { type, stored: { value }, previous }) => {
    if (definition !== services || !isFurnished) return
    const [before, after] = [addressesOf(previous?.value), addressesOf(type === 'DELETED' ? undefined : value)]
    for (const ip of before.filter((each) => !after.includes(each)))
      if (store.get(ipAddresses, ip) !== undefined) store.delete(ipAddresses, ip)
    for (const ip of after.filter((each) => !before.includes(each))) create(store, clock, ip, value)
  })
}

function withReady(start: Instant): KubeObject {
  const conditions = [{ ...readiness, lastTransitionTime: rfc3339(start.wallMs()) }]
  const made = systemObject(serviceCidrs, range, start)
  const ready = ownApply(serviceCidrs, made, { status: { conditions } }, start, 'kubernetes-service-cidr-controller')
  return asPrinted(serviceCidrs, ready)
}

const addressesOf = (service: KubeObject | undefined): readonly string[] =>
  service === undefined ? [] : (serviceSpec(service).clusterIPs ?? []).filter((ip) => isIP(ip) !== 0)

function create(store: ObjectStore, clock: Clock, ip: string, { metadata: { name, namespace } }: KubeObject): void {
  if (store.get(ipAddresses, ip) !== undefined) return
  const address = {
    apiVersion,
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: { [`${labels}/ip-family`]: `IPv${isIP(ip)}`, [`${labels}/managed-by`]: 'ipallocator.k8s.io' },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
  const writer = ownWriter(ipAddresses, clock, 'kube-apiserver', '')
  store.create(ipAddresses, ownedUpdate(ipAddresses, undefined, address, writer))
}
