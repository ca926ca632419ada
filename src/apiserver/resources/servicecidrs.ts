import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { cidrFamily } from '../../kube/cidr.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { strictCidrProblems } from '../rules/address.ts'
import { spelled } from '../rules/causes.ts'

type Cause = Required<StatusCause>

const field = 'spec.cidrs'
const unchangeable = 'field is immutable'
const cidrsOf = ({ spec }: KubeObject): readonly string[] => (spec as { cidrs?: string[] } | undefined)?.cidrs ?? []

/** Source: k8s.io/kubernetes/pkg/apis/networking/validation, ValidateServiceCIDR. */
function causes(object: KubeObject, before?: KubeObject, subresource?: string): Cause[] {
  if (subresource === 'status') return []
  const cidrs = cidrsOf(object)
  if (before === undefined) return cidrCauses(cidrs)
  const old = cidrsOf(before)
  const moved = (index: number): Cause[] =>
    cidrs[index] === old[index] ? [] : [invalidValue(`${field}[${index}]`, cidrs[index], unchangeable)]
  if (cidrs.length === old.length) return cidrs.flatMap((_, index) => moved(index))
  // One family may be joined by the other.
  if (old.length === 1 && cidrs.length === 2) return [...moved(0), ...cidrCauses(cidrs)]
  return [invalidValue(field, sentAs(object.spec, 'cidrs') ?? null, unchangeable)]
}

function cidrCauses(cidrs: readonly string[]): Cause[] {
  if (cidrs.length === 0) return [required(field, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(field, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const [one, other] = cidrs.map(cidrFamily)
  return [
    ...cidrs.flatMap((cidr, index) => spelled(`${field}[${index}]`, cidr, strictCidrProblems)),
    ...(one === other && one !== 0
      ? [
          invalidValue(
            field,
            cidrs,
            'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
          ),
        ]
      : []),
  ]
}

export const serviceCidrs = builtIn({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
  status: true,
  statusLeaves: 'metadata',
  validate: causes,
  documented: { CIDRs: 'networking-v1.ServiceCIDRSpec.cidrs' },
  columns: [computed('CIDRs', 'string', (object: KubeObject) => cidrsOf(object).join(',')), ageColumn],
})
