/** What tables say of services. Source: k8s.io/kubernetes/pkg/printers/internalversion, printService. */
import { ageColumn, column, computed, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'
import { ingressOf, serviceSpec } from './service-spec.ts'

const orNone = (texts: readonly string[]): string => texts.join(',') || '<none>'

function externalText(service: KubeObject): string {
  const { type, externalName = '', externalIPs = [] } = serviceSpec(service)
  if (type === 'ExternalName') return externalName
  if (type !== 'LoadBalancer') return orNone(externalIPs)
  const ingress = ingressOf(service).map(({ ip, hostname = '' }) => ip ?? hostname)
  return [...[...new Set(ingress)].filter((text) => text !== '').sort(), ...externalIPs].join(',') || '<pending>'
}

const portText = (service: KubeObject): string =>
  orNone(
    (serviceSpec(service).ports ?? []).map(
      ({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol}`,
    ),
  )

const selectorText = (service: KubeObject): string =>
  orNone(
    Object.entries(serviceSpec(service).selector ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
  )

export const serviceColumns: readonly Column[] = [
  column('Type', 'string', '.spec.type'),
  computed('Cluster-IP', 'string', (service: KubeObject) => serviceSpec(service).clusterIPs?.[0] ?? '<none>'),
  computed('External-IP', 'string', externalText),
  computed('Port(s)', 'string', portText),
  ageColumn,
  computed('Selector', 'string', selectorText, 1),
]
