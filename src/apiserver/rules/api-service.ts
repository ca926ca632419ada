/** Who answers a group of the API. Source: k8s.io/kube-aggregator/pkg/apis/apiregistration/validation. */
import type { Condition } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems, subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled } from './causes.ts'
import { servicePortCauses } from './port.ts'

type Cause = Required<StatusCause>

interface Spec {
  readonly group?: string
  readonly version?: string
  readonly groupPriorityMinimum?: number
  readonly versionPriority?: number
  readonly service?: { readonly name?: string; readonly namespace?: string; readonly port?: number }
  readonly caBundle?: string
  readonly insecureSkipTLSVerify?: boolean
}

export const apiServiceSpec = ({ spec }: KubeObject): Spec => spec ?? {}

export const apiServiceConditions = ({ status }: KubeObject): readonly Condition[] =>
  (status as { conditions?: Condition[] } | undefined)?.conditions ?? []

export const localCondition = (lastTransitionTime: string): Condition => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime,
  reason: 'Local',
  message: 'Local APIServices are always available',
})

const priorities = [
  ['groupPriorityMinimum', 20_000],
  ['versionPriority', 1000],
] as const

export function apiServiceCauses(object: KubeObject): Cause[] {
  const { group = '', version = '', ...spec } = apiServiceSpec(object)
  return [
    ...(group === '' && version !== 'v1'
      ? [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')]
      : []),
    ...(group === '' ? [] : spelled('spec.group', group, subdomainProblems)),
    ...spelled('spec.version', version, label1035Problems),
    ...priorities.flatMap(([field, max]) => {
      const { [field]: value = 0 } = spec
      return value <= 0 || value > max
        ? [invalidValue(`spec.${field}`, value, `must be positive and less than ${max}`)]
        : []
    }),
    ...(spec.service === undefined ? localCauses(spec) : hostedCauses(spec, spec.service)),
    ...apiServiceConditions(object).flatMap(({ status }, index) =>
      oneOf(`status.conditions[${index}].status`, status, ['True', 'False', 'Unknown']),
    ),
  ]
}

const localCauses = ({ caBundle = '', insecureSkipTLSVerify = false }: Spec): Cause[] => [
  ...(caBundle === ''
    ? []
    : [
        invalidValue(
          'spec.caBundle',
          `${Buffer.from(caBundle, 'base64').length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      ]),
  ...(insecureSkipTLSVerify
    ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
    : []),
]

const hostedCauses = (
  { caBundle = '', insecureSkipTLSVerify = false }: Spec,
  { name = '', namespace = '', port }: NonNullable<Spec['service']>,
): Cause[] => [
  ...(namespace === '' ? [required('spec.service.namespace')] : []),
  ...(name === '' ? [required('spec.service.name')] : []),
  ...servicePortCauses('spec.service.port', port),
  ...(insecureSkipTLSVerify && caBundle !== ''
    ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
    : []),
]
