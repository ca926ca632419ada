/**
 * The IP families of a service, in a cluster that has one: what is asked for, what goes by the addresses, and what a
 * service without an address may say besides. Source: initIPFamilyFields in
 * k8s.io/kubernetes/pkg/registry/core/service/storage/alloc.go.
 */
import { isIP } from 'node:net'
import { deepEqual } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { isHeadless, refusedService, serviceSpec, type ServiceSpec } from './service-spec.ts'

type Cause = Required<StatusCause>

const at = 'spec.ipFamilyPolicy'
const familyOf = (ip: string): string => (isIP(ip) === 6 ? 'IPv6' : 'IPv4')
const other = (family: string): string => (family === 'IPv4' ? 'IPv6' : 'IPv4')

/** Of a service that has a type with addresses, which are sound; `was` is what it was. Throws 422. */
export function withFamilies(service: KubeObject, was: ServiceSpec | undefined): ServiceSpec {
  const given = serviceSpec(service)
  if (was !== undefined && staysPreferring(given, was)) return given
  const unbound = isHeadless(given) && Object.keys(given.selector ?? {}).length === 0
  const ipFamilyPolicy = given.ipFamilyPolicy ?? was?.ipFamilyPolicy ?? (unbound ? 'RequireDualStack' : 'SingleStack')
  const policed = { ...given, ipFamilyPolicy }
  const single = ipFamilyPolicy === 'SingleStack'
  const spec = single && was !== undefined ? withOne(policed, was) : policed
  const refuse = (causes: readonly Cause[]): void => {
    if (causes.length > 0) throw refusedService(service, causes)
  }
  const { ipFamilies: families, causes } = inferred(spec)
  refuse([
    ...(single || was === undefined ? [] : releaseCauses(spec, was)),
    ...(single ? multipleCauses(spec) : []),
    ...causes,
  ])
  const [first = 'IPv4'] = families
  // Without an address nothing binds a service to one family.
  if (unbound)
    return { ...spec, ipFamilies: families.length > 1 || single ? orDefault(families) : [first, other(first)] }
  refuse([
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [invalidValue(at, ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...families.flatMap((family, index) =>
      family === 'IPv4' ? [] : [invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
    ),
  ])
  return { ...spec, ipFamilies: orDefault(families) }
}

const orDefault = (families: readonly string[]): readonly string[] => (families.length === 0 ? ['IPv4'] : families)

/** Source: isMatchingPreferDualStackClusterIPFields. */
const staysPreferring = (spec: ServiceSpec, was: ServiceSpec): boolean =>
  spec.type === was.type &&
  spec.ipFamilyPolicy === 'PreferDualStack' &&
  (was.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
  deepEqual(spec.clusterIPs ?? [], was.clusterIPs ?? []) &&
  deepEqual(spec.ipFamilies ?? [], was.ipFamilies ?? [])

/** What is left as it was gives up its second of each. */
function withOne(spec: ServiceSpec, was: ServiceSpec): ServiceSpec {
  const kept = (['clusterIPs', 'ipFamilies'] as const)
    .filter((name) => deepEqual(spec[name], was[name]) && (spec[name]?.length ?? 0) > 1)
    .map((name) => [name, spec[name]?.slice(0, 1)])
  return { ...spec, ...(Object.fromEntries(kept) as Partial<ServiceSpec>) }
}

const releaseCauses = (spec: ServiceSpec, was: ServiceSpec): Cause[] =>
  (
    [
      ['clusterIPs', 'cluster IP'],
      ['ipFamilies', 'IP family'],
    ] as const
  )
    .filter(([name]) => (spec[name]?.length ?? 0) > 0 && (spec[name]?.length ?? 0) < (was[name]?.length ?? 0))
    .map(([, what]) => invalidValue(at, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`))

const multipleCauses = (spec: ServiceSpec): Cause[] =>
  (
    [
      ['clusterIPs', 'cluster IPs'],
      ['ipFamilies', 'IP families'],
    ] as const
  )
    .filter(([name]) => spec[name]?.length === 2)
    .map(([, what]) =>
      invalidValue(
        at,
        spec.ipFamilyPolicy,
        `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
      ),
    )

/** Addresses say which family they are of, where nobody else does. */
function inferred({ clusterIPs = [], ipFamilies = [] }: ServiceSpec): { ipFamilies: string[]; causes: Cause[] } {
  const found = [...ipFamilies]
  const causes: Cause[] = []
  for (const [index, ip] of clusterIPs.entries()) {
    if (ip === 'None') break
    if (index < found.length) continue
    if (familyOf(ip) === 'IPv4') found.push('IPv4')
    else causes.push(invalidValue(`spec.clusterIPs[${index}]`, clusterIPs, 'IPv6 is not configured on this cluster'))
  }
  return { ipFamilies: found, causes }
}
