import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { balancerWarnings } from '../rules/service-warnings.ts'
import { ingressCauses, type Ingress } from '../rules/ingress.ts'
import { ingressClasses } from './ingressclasses.ts'
import { newestDefault } from './storageclasses.ts'

const hostsShown = 3

function hostsText({ spec: { rules = [] } = {} }: Ingress): string {
  const hosts = rules.slice(0, hostsShown).flatMap(({ host = '' }) => (host === '' ? [] : [host]))
  if (hosts.length === 0) return '*'
  const more = rules.length > hostsShown && hosts.length === hostsShown
  return `${hosts.join(',')}${more ? ` + ${rules.length - hostsShown} more...` : ''}`
}

const addressWidth = 16

function addressText({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => ip || hostname)
  const text = [...new Set(addresses)]
    .filter((each) => each !== '')
    .toSorted()
    .join(',')
  return text.length > addressWidth ? `${text.slice(0, addressWidth - 3)}...` : text
}

const oldClass = 'kubernetes.io/ingress.class'

/** The DefaultIngressClass admission plugin. */
function withClass(ingress: KubeObject, objects: Objects): KubeObject {
  const { spec = {}, metadata } = ingress as Ingress
  const isSaid = spec.ingressClassName !== undefined || oldClass in (metadata.annotations ?? {})
  const name = isSaid
    ? undefined
    : newestDefault(objects, ingressClasses, 'ingressclass.kubernetes.io/is-default-class')
  return name === undefined ? ingress : { ...ingress, spec: { ...spec, ingressClassName: name } }
}

export const ingresses = builtIn({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
  shortNames: ['ing'],
  status: true,
  generation: true,
  complete: withClass,
  validate: (ingress, before, subresource) => ingressCauses(ingress as Ingress, before as Ingress, subresource),
  warn: (ingress, before) => {
    const { metadata, spec } = ingress as Ingress
    const isOld = oldClass in (metadata.annotations ?? {}) && spec?.ingressClassName === undefined
    return before === undefined && isOld
      ? [`annotation "${oldClass}" is deprecated, please use 'spec.ingressClassName' instead`]
      : []
  },
  warnStatus: balancerWarnings,
  documented: {
    Class: 'The name of the IngressClass resource that should be used for additional configuration',
    Hosts: 'Hosts that incoming requests are matched against before the ingress rule',
    Address: 'Address is a list containing ingress points for the load-balancer',
    Ports: 'Ports of TLS configurations that open',
  },
  columns: [
    computed('Class', 'string', ({ spec }: Ingress) => spec?.ingressClassName ?? '<none>'),
    computed('Hosts', 'string', hostsText),
    computed('Address', 'string', addressText),
    computed('Ports', 'string', ({ spec }: Ingress) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
})
