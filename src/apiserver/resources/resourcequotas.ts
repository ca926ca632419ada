import { deepEqual } from '../../kube/object.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { countsInScope, quotaResourceNameCauses, resourceValueCauses } from '../rules/resources.ts'
import type { Quota } from '../quota/quota.ts'
import type { ScopeRequirement } from '../quota/scope.ts'
import type { Amounts } from '../rules/amounts.ts'

type Cause = Required<StatusCause>

type QuotaSpec = NonNullable<Quota['spec']>

const specOf = (quota: KubeObject): QuotaSpec => (quota as Quota).spec ?? {}
const statusOf = (quota: KubeObject): NonNullable<Quota['status']> => (quota as Quota).status ?? {}

const ofPods = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']
const scopes = [...ofPods, 'PriorityClass', 'VolumeAttributesClass']
const contrary = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateResourceQuota and its updates. */
function quotaCauses(quota: KubeObject, before?: KubeObject): Cause[] {
  const spec = specOf(quota)
  const was = before === undefined ? spec : specOf(before)
  const set = ({ scopes: names = [] }: QuotaSpec): string[] => [...new Set(names)].sort()
  return [
    ...amountCauses('spec.hard', spec.hard),
    ...scopeCauses(spec),
    ...(spec.scopeSelector?.matchExpressions ?? []).flatMap((each) => requirementCauses(each, spec)),
    ...(deepEqual(set(spec), set(was))
      ? []
      : [invalidValue('spec.scopes', sentAs(spec, 'scopes') ?? null, 'field is immutable')]),
    ...amountCauses('status.hard', statusOf(quota).hard),
    ...amountCauses('status.used', statusOf(quota).used),
  ]
}

const amountCauses = (path: string, amounts: Amounts = {}): Cause[] =>
  Object.entries(amounts).flatMap(([name, amount]) => [
    ...quotaResourceNameCauses(`${path}[${name}]`, name),
    ...resourceValueCauses(`${path}[${name}]`, name, amount),
  ])

const uncounted = (scope: string, { hard = {} }: QuotaSpec): string[] =>
  Object.keys(hard).filter((name) => !countsInScope(scope, name))

function scopeCauses(spec: QuotaSpec): Cause[] {
  const { scopes: names = [] } = spec
  const wrong = (text: string): Cause => invalidValue('spec.scopes', names, text)
  return [
    ...names.flatMap((scope) => [
      ...(scopes.includes(scope) ? [] : [wrong('unsupported scope')]),
      ...uncounted(scope, spec).map(() => wrong('unsupported scope applied to resource')),
    ]),
    ...contrary.filter((pair) => pair.every((scope) => names.includes(scope))).map(() => wrong('conflicting scopes')),
  ]
}

function requirementCauses({ scopeName, operator, values = [] }: ScopeRequirement, spec: QuotaSpec): Cause[] {
  const at = 'spec.scopeSelector.matchExpressions'
  return [
    ...(scopes.includes(scopeName) ? [] : [invalidValue(`${at}.scopeName`, scopeName, 'unsupported scope')]),
    ...uncounted(scopeName, spec).map(() =>
      invalidValue(at, spec.scopeSelector, 'unsupported scope applied to resource'),
    ),
    ...(ofPods.includes(scopeName) && operator !== 'Exists'
      ? [
          invalidValue(
            `${at}.operator`,
            operator,
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
          ),
        ]
      : []),
    ...operatorCauses(at, operator, values),
  ]
}

function operatorCauses(at: string, operator: string, values: readonly string[]): Cause[] {
  if (operator === 'In' || operator === 'NotIn')
    return values.length > 0
      ? []
      : [required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]
  if (operator === 'Exists' || operator === 'DoesNotExist')
    return values.length === 0
      ? []
      : [
          invalidValue(
            `${at}.values`,
            values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
          ),
        ]
  return [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')]
}

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printResourceQuota. */
const used = (quota: KubeObject, limits: boolean): string => {
  const { hard = {}, used: taken = {} } = statusOf(quota)
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits.') === limits)
    .sort()
    .map((name) => `${name}: ${taken[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}

/** Of a new one that lets more be asked for than may be used. Source: pkg/registry/core/resourcequota/strategy.go. */
function quotaWarnings(quota: KubeObject, before?: KubeObject): string[] {
  const hard = specOf(quota).hard ?? {}
  const amount = (name: string): string | undefined => hard[name]
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((name) => {
    const bare = name === 'cpu' || name === 'memory' ? name : ''
    const asked = amount(`requests.${name}`) === undefined ? bare : `requests.${name}`
    const [request, limit] = [amount(asked), amount(`limits.${name}`)]
    if (before !== undefined || request === undefined || limit === undefined) return []
    return (parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0)
      ? [`ResourceQuota ${asked} (${request}) should be less than limits.${name} (${limit})`]
      : []
  })
}

export const resourceQuotas = builtIn({
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['quota'],
  status: true,
  validate: quotaCauses,
  warn: quotaWarnings,
  documented: {
    Request: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    Limit:
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
  },
  columns: [
    computed('Request', 'string', (quota: KubeObject) => used(quota, false)),
    computed('Limit', 'string', (quota: KubeObject) => used(quota, true)),
    ageColumn,
  ],
})
