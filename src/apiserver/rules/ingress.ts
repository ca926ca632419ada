/** Ingresses and their classes. Source: k8s.io/kubernetes/pkg/apis/networking/validation. */
import { isIP } from 'node:net'
import { forbiddenValue, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import { labelProblems, portNameProblems, subdomainProblems, wildcardProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import type { KubeObject } from '../types.ts'
import { addressProblems } from './address.ts'
import { immutable, oneOf, spelled } from './causes.ts'
import { domainPathCauses } from './domain-path.ts'
import { pathSegmentProblems } from './metadata.ts'
import { portCause } from './port.ts'

type Cause = Required<StatusCause>

interface Reference {
  readonly apiGroup?: string | null
  readonly kind?: string
  readonly name?: string
}
interface Backend {
  readonly service?: { readonly name?: string; readonly port?: { readonly name?: string; readonly number?: number } }
  readonly resource?: Reference
}
interface Path {
  readonly path?: string
  readonly pathType?: string | null
  readonly backend?: Backend
}
export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly defaultBackend?: Backend
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
    readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths?: readonly Path[] | null } }[]
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
  }
}

const classAnnotation = 'kubernetes.io/ingress.class'

export function ingressCauses(ingress: Ingress, before: Ingress | undefined, subresource?: string): Cause[] {
  if (subresource === 'status') return statusCauses(ingress)
  const { spec = {}, metadata } = ingress
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec
  const annotated = metadata.annotations?.[classAnnotation]
  const text = 'must match `ingressClassName` when both are specified'
  return [
    ...(rules.length === 0 && defaultBackend === undefined
      ? [invalidValue('spec', sentAs(spec, 'rules') ?? null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend === undefined ? [] : backendCauses('spec.defaultBackend', defaultBackend)),
    ...rules.flatMap(({ host = '', http }, index) => [
      ...(host === '' ? [] : hostCauses(`spec.rules[${index}].host`, host)),
      ...(http === undefined ? [] : pathsCauses(`spec.rules[${index}].http.paths`, http.paths ?? [])),
    ]),
    ...tls.flatMap(({ hosts = [], secretName = '' }, index) => [
      ...hosts.flatMap((host, place) => nameCauses(`spec.tls[${index}].hosts[${place}]`, host)),
      ...(secretName === '' ? [] : spelled(`spec.tls[${index}].secretName`, secretName, subdomainProblems)),
    ]),
    ...(ingressClassName === undefined ? [] : spelled('spec.ingressClassName', ingressClassName, subdomainProblems)),
    ...(before === undefined &&
    annotated !== undefined &&
    ingressClassName !== undefined &&
    annotated !== ingressClassName
      ? [invalidValue(`annotations.${classAnnotation}`, annotated, text)]
      : []),
  ]
}

const nameCauses = (at: string, host: string): Cause[] =>
  spelled(at, host, host.includes('*') ? wildcardProblems : subdomainProblems)

const noAddress = (at: string, host: string): Cause[] =>
  isIP(host) === 0 ? [] : [invalidValue(at, host, 'must be a DNS name, not an IP address')]

const hostCauses = (at: string, host: string): Cause[] => [...noAddress(at, host), ...nameCauses(at, host)]

const pathsCauses = (at: string, paths: readonly Path[]): Cause[] =>
  paths.length === 0 ? [required(at)] : paths.flatMap((path, index) => pathCauses(`${at}[${index}]`, path))

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const badParts = ['//', '/./', '/../', '%2f', '%2F']
const badEnds = ['/..', '/.']

function pathCauses(at: string, { path = '', pathType, backend = {} }: Path): Cause[] {
  if (pathType === undefined || pathType === null) return [required(`${at}.pathType`, 'pathType must be specified')]
  const field = `${at}.path`
  const isExact = pathType === 'Exact' || pathType === 'Prefix'
  const isKnown = pathTypes.includes(pathType)
  const absolute = path.startsWith('/') || (path === '' && !isExact)
  return [
    ...(absolute || !isKnown ? [] : [invalidValue(field, path, 'must be an absolute path')]),
    ...(isExact
      ? [
          ...badParts
            .filter((part) => path.includes(part))
            .map((part) => invalidValue(field, path, `must not contain '${part}'`)),
          ...badEnds
            .filter((end) => path.endsWith(end))
            .map((end) => invalidValue(field, path, `cannot end with '${end}'`)),
        ]
      : []),
    ...oneOf(`${at}.pathType`, pathType, pathTypes),
    ...backendCauses(`${at}.backend`, backend),
  ]
}

function backendCauses(at: string, { service, resource }: Backend): Cause[] {
  if (service !== undefined && resource !== undefined)
    return [invalidValue(at, '', 'cannot set both resource and service backends')]
  if (resource !== undefined) return referenceCauses(`${at}.resource`, resource)
  if (service === undefined) return [invalidValue(at, '', 'resource or service backend is required')]
  const { name = '', port: { name: portName = '', number = 0 } = {} } = service
  return [
    ...(name === '' ? [required(`${at}.service.name`)] : spelled(`${at}.service.name`, name, labelProblems)),
    ...(portName !== '' && number !== 0
      ? [invalidValue(at, '', 'cannot set both port name & port number')]
      : portName !== ''
        ? spelled(`${at}.service.port.name`, portName, portNameProblems)
        : number !== 0
          ? portCause(`${at}.service.port.number`, number)
          : [required(at, 'port name or number is required')]),
  ]
}

const referenceCauses = (at: string, { apiGroup, kind = '', name = '' }: Reference): Cause[] => [
  ...(apiGroup === undefined || apiGroup === null ? [] : spelled(`${at}.apiGroup`, apiGroup, subdomainProblems)),
  ...(kind === '' ? [required(`${at}.kind`)] : spelled(`${at}.kind`, kind, pathSegmentProblems)),
  ...(name === '' ? [required(`${at}.name`)] : spelled(`${at}.name`, name, pathSegmentProblems)),
]

const statusCauses = ({ status }: Ingress): Cause[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }, index) => {
    const at = `status.loadBalancer.ingress[${index}]`
    return [
      ...(ip === '' ? [] : spelled(`${at}.ip`, ip, addressProblems)),
      ...(hostname === ''
        ? []
        : [...spelled(`${at}.hostname`, hostname, subdomainProblems), ...noAddress(`${at}.hostname`, hostname)]),
    ]
  })

export interface IngressClass extends KubeObject {
  readonly spec?: {
    readonly controller?: string
    readonly parameters?: Reference & { readonly scope?: string; readonly namespace?: string }
  }
}

const controllerMax = 250

export function ingressClassCauses({ spec = {} }: IngressClass, before?: IngressClass): Cause[] {
  const { controller = '', parameters } = spec
  return [
    ...(before === undefined ? [] : immutable('spec.controller', controller, before.spec?.controller ?? '')),
    ...(controller.length > controllerMax ? [tooLong('spec.controller', controllerMax)] : []),
    ...domainPathCauses('spec.controller', controller),
    ...(parameters === undefined ? [] : parameterCauses(parameters)),
  ]
}

function parameterCauses(parameters: NonNullable<NonNullable<IngressClass['spec']>['parameters']>): Cause[] {
  const at = 'spec.parameters'
  const { scope = '', namespace } = parameters
  const causes = [...referenceCauses(at, parameters), ...oneOf(`${at}.scope`, scope, ['Cluster', 'Namespace'])]
  if (scope === 'Namespace' && namespace === undefined)
    causes.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"))
  else if (scope === 'Namespace') causes.push(...spelled(`${at}.namespace`, namespace as string, labelProblems))
  else if (scope === 'Cluster' && namespace !== undefined)
    causes.push(forbiddenValue(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  return causes
}
