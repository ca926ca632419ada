/** Whether a service's addresses and families go together, as whoever allocates them looks at them before anybody else. */
import { isIP } from 'node:net'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { addressProblems } from './address.ts'
import { oneOf, spelled } from './causes.ts'
import { isHeadless, type ServiceSpec } from './service-spec.ts'

type Cause = Required<StatusCause>

/** Source: ValidateServiceClusterIPsRelatedFields. */
export function addressCauses(spec: ServiceSpec): Cause[] {
  const { type, clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (type === 'ExternalName') return []
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  const spelling = clusterIPs.flatMap((ip, index) => {
    const isNone = index === 0 && ip === 'None'
    if (!isNone) return spelled(`spec.clusterIPs[${index}]`, ip, addressProblems)
    return clusterIPs.length > 1
      ? [invalidValue(clusterIPsAt, clusterIPs, "'None' must be the first and only value")]
      : []
  })
  const many = clusterIPs.length > 2 ? [invalidValue(clusterIPsAt, clusterIPs, 'may only hold up to 2 values')] : []
  return [
    ...primaryCauses(clusterIP, clusterIPs),
    ...ipFamilies.flatMap((family, index) => [
      ...oneOf(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']),
      ...(ipFamilies.indexOf(family) < index ? [duplicate(`spec.ipFamilies[${index}]`, family)] : []),
    ]),
    ...(ipFamilyPolicy === undefined ? [] : oneOf('spec.ipFamilyPolicy', ipFamilyPolicy, policies)),
    ...spelling,
    ...many,
    ...(spelling.length > 0 ? [] : familyCauses(spec)),
  ]
}

const clusterIPsAt = 'spec.clusterIPs'

function primaryCauses(clusterIP = '', clusterIPs: readonly string[]): Cause[] {
  if (clusterIP === '')
    return clusterIPs.length === 0
      ? []
      : [invalidValue(clusterIPsAt, clusterIPs, 'must be empty when `clusterIP` is not specified')]
  if (clusterIPs.length === 0) return [required(clusterIPsAt)]
  return clusterIPs[0] === clusterIP
    ? []
    : [invalidValue(clusterIPsAt, clusterIPs, 'first value must match `clusterIP`')]
}

/** Two addresses are of both families, and each of the one that is said. */
function familyCauses(spec: ServiceSpec): Cause[] {
  const { clusterIPs = [], ipFamilies = [] } = spec
  const kinds = clusterIPs.map((ip) => isIP(ip))
  const isDual = kinds.includes(4) && kinds.includes(6)
  const mixed =
    clusterIPs.length > 1 && !isDual
      ? [invalidValue(clusterIPsAt, clusterIPs, 'may specify no more than one IP for each IP family')]
      : []
  if (isHeadless(spec)) return mixed
  const odd = clusterIPs.flatMap((ip, index) => {
    const family = ipFamilies[index]
    const said = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : kinds[index]
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    return said === kinds[index] ? [] : [invalidValue(`${clusterIPsAt}[${index}]`, ip, why)]
  })
  return [...mixed, ...odd]
}
