/** Claims of devices. Source: k8s.io/kubernetes/pkg/apis/resource/{v1/defaults.go,validation}. */
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import {
  configurationCauses,
  eachOf,
  qualifiedAttributeCauses,
  selectorCauses,
  setOf,
  tolerationCauses,
  type Configuration,
  type Selector,
  type Taint,
} from './device.ts'

type Cause = Required<StatusCause>

interface Devices {
  readonly deviceClassName?: string
  readonly selectors?: readonly Selector[]
  readonly allocationMode?: string
  readonly count?: number
  readonly tolerations?: readonly (Taint & { readonly operator?: string })[]
}

interface DeviceRequest {
  readonly name?: string
  readonly exactly?: Devices & { readonly adminAccess?: boolean }
  readonly firstAvailable?: readonly (Devices & { readonly name?: string })[]
}

export interface DeviceClaim {
  readonly requests?: readonly DeviceRequest[] | null
  readonly constraints?: readonly {
    readonly requests?: readonly string[]
    readonly matchAttribute?: string
    readonly distinctAttribute?: string
  }[]
  readonly config?: readonly (Configuration & { readonly requests?: readonly string[] })[]
}

export interface ClaimSpec {
  readonly devices?: DeviceClaim
}

/** One device, where a claim doesn't say how many. */
export const withClaimDefaults = <T extends ClaimSpec>(spec: T | undefined): T | undefined =>
  spec?.devices?.requests
    ? { ...spec, devices: { ...spec.devices, requests: spec.devices.requests.map(withRequestDefaults) } }
    : spec

const withRequestDefaults = ({ exactly, firstAvailable, ...request }: DeviceRequest): DeviceRequest => ({
  ...request,
  ...(exactly === undefined ? {} : { exactly: withCount(exactly) }),
  ...(firstAvailable === undefined ? {} : { firstAvailable: firstAvailable.map(withCount) }),
})

function withCount<T extends Devices>(devices: T): T {
  const { allocationMode = '', count = 0 } = devices
  const mode = allocationMode === '' ? 'ExactCount' : allocationMode
  const tolerations = devices.tolerations?.map((each) => ({ ...each, operator: each.operator || 'Equal' }))
  return {
    ...devices,
    allocationMode: mode,
    ...(mode === 'ExactCount' && count === 0 ? { count: 1 } : {}),
    ...(tolerations === undefined ? {} : { tolerations }),
  }
}

const requestsMax = 32
const constraintsMax = 32
const configMax = 32
const selectorsMax = 32
const alternativesMax = 8

/** Names of a claim's requests, and of the alternatives of a request after a slash. */
export type RequestNames = ReadonlySet<string>

export const requestNames = ({ requests }: DeviceClaim): RequestNames =>
  new Set(
    (requests ?? []).flatMap(({ name = '', firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name ?? ''}`),
    ]),
  )

export function claimCauses({ devices = {} }: ClaimSpec, at: string): Cause[] {
  const names = requestNames(devices)
  return [
    ...setOf(`${at}.devices.requests`, devices.requests, requestsMax, requestCauses, ({ name = '' }) => name),
    ...eachOf(`${at}.devices.constraints`, devices.constraints, constraintsMax, (constraint, field) => [
      ...requestReferenceCauses(`${field}.requests`, constraint.requests, names),
      ...(constraint.matchAttribute !== undefined
        ? qualifiedAttributeCauses(`${field}.matchAttribute`, constraint.matchAttribute)
        : constraint.distinctAttribute !== undefined
          ? qualifiedAttributeCauses(`${field}.distinctAttribute`, constraint.distinctAttribute)
          : [
              required(
                field,
                'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
              ),
            ]),
    ]),
    ...eachOf(`${at}.devices.config`, devices.config, configMax, (config, field) => [
      ...requestReferenceCauses(`${field}.requests`, config.requests, names),
      ...configurationCauses(config, field),
    ]),
  ]
}

export const requestReferenceCauses = (
  at: string,
  references: readonly string[] | undefined,
  names: RequestNames,
): Cause[] => setOf(at, references, requestsMax, (name, field) => requestReferenceCause(name, field, names), String)

const referenceText =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

export function requestReferenceCause(name: string, at: string, names: RequestNames): Cause[] {
  const segments = name.split('/')
  return [
    ...(segments.length > 2 ? [] : segments.flatMap((segment) => spelled(at, segment, labelProblems))),
    ...(segments.length > 2 || !names.has(name) ? [invalidValue(at, name, referenceText)] : []),
  ]
}

function requestCauses({ name = '', exactly, firstAvailable = [] }: DeviceRequest, at: string): Cause[] {
  const named = spelled(`${at}.name`, name, labelProblems)
  if (exactly === undefined && firstAvailable.length === 0)
    return [...named, required(at, 'exactly one of `exactly` or `firstAvailable` is required')]
  if (exactly !== undefined && firstAvailable.length > 0)
    return [
      ...named,
      invalidValue(at, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'),
    ]
  if (exactly !== undefined) return [...named, ...devicesCauses(exactly, `${at}.exactly`)]
  return [
    ...named,
    ...setOf(
      `${at}.firstAvailable`,
      firstAvailable,
      alternativesMax,
      (alternative, field) => [
        ...spelled(`${field}.name`, alternative.name ?? '', labelProblems),
        ...devicesCauses(alternative, field),
      ],
      (alternative) => alternative.name ?? '',
    ),
  ]
}

function devicesCauses(devices: Devices, at: string): Cause[] {
  const { deviceClassName = '', allocationMode = '', count = 0, selectors, tolerations = [] } = devices
  return [
    ...(deviceClassName === ''
      ? [required(`${at}.deviceClassName`)]
      : spelled(`${at}.deviceClassName`, deviceClassName, subdomainProblems)),
    ...eachOf(`${at}.selectors`, selectors, selectorsMax, selectorCauses),
    ...countCauses(allocationMode, count, at),
    ...tolerations.flatMap((toleration, index) => tolerationCauses(toleration, `${at}.tolerations[${index}]`)),
  ]
}

function countCauses(mode: string, count: number, at: string): Cause[] {
  if (mode === 'All')
    return count === 0 ? [] : [invalidValue(`${at}.count`, count, "must not be specified when allocationMode is 'All'")]
  if (mode !== 'ExactCount') return [notSupported(`${at}.allocationMode`, mode, ['All', 'ExactCount'])]
  return count > 0 ? [] : [invalidValue(`${at}.count`, count, 'must be greater than zero')]
}
