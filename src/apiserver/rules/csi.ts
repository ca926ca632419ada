/** Drivers of volumes and the nodes that they run on. Source: k8s.io/kubernetes/pkg/apis/storage/{v1/defaults.go,validation}. */
import { deepEqual, isAlike } from '../../kube/object.ts'
import { duplicate, invalidValue, notSupported, required, tooLong, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled } from './causes.ts'
import { nonNegative } from './numbers.ts'

type Cause = Required<StatusCause>

export interface DriverSpec {
  readonly attachRequired?: boolean
  readonly fsGroupPolicy?: string
  readonly volumeLifecycleModes?: readonly string[]
  readonly tokenRequests?: readonly { readonly audience?: string; readonly expirationSeconds?: number }[]
  readonly serviceAccountTokenInSecrets?: boolean
  readonly nodeAllocatableUpdatePeriodSeconds?: number
}

export const driverSpec = ({ spec }: KubeObject): DriverSpec => spec ?? {}

export function withDriverDefaults(driver: KubeObject): KubeObject {
  const spec = driverSpec(driver)
  const modes = spec.volumeLifecycleModes ?? []
  return {
    ...driver,
    spec: {
      attachRequired: true,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      podInfoOnMount: false,
      requiresRepublish: false,
      seLinuxMount: false,
      storageCapacity: false,
      ...spec,
      volumeLifecycleModes: modes.length === 0 ? ['Persistent'] : modes,
    },
  }
}

const lifecycleModes = ['Persistent', 'Ephemeral']
const fixed = [
  ['attachRequired', 'attachedRequired'], // so it is
  ['volumeLifecycleModes', 'volumeLifecycleModes'],
] as const

export function driverCauses(driver: KubeObject, before?: KubeObject): Cause[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes: modes = [], ...spec } = driverSpec(driver)
  const { nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets: inSecrets } = spec
  return [
    ...oneOf('spec.fsGroupPolicy', fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType']),
    ...(period !== undefined && period < updateSecondsMin
      ? [
          invalidValue(
            'spec.nodeAllocatableUpdatePeriodSeconds',
            period,
            `must be greater than or equal to ${updateSecondsMin} seconds`,
          ),
        ]
      : []),
    ...tokenCauses(tokenRequests),
    ...(inSecrets !== undefined && tokenRequests.length === 0
      ? [
          invalidValue(
            'spec.serviceAccountTokenInSecrets',
            inSecrets,
            'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
          ),
        ]
      : []),
    ...modes
      .filter((mode) => !lifecycleModes.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, lifecycleModes)),
    ...(before === undefined
      ? []
      : fixed
          .filter(([name]) => !deepEqual(driverSpec(driver)[name], driverSpec(before)[name]))
          .map(([name, shown]) => invalidValue(`spec.${shown}`, driverSpec(driver)[name], 'field is immutable'))),
  ]
}

const tokenSecondsMin = 600
const updateSecondsMin = 10

const tokenCauses = (requests: NonNullable<DriverSpec['tokenRequests']>): Cause[] =>
  requests.flatMap(({ audience = '', expirationSeconds }, index) => {
    const at = `spec.tokenRequests[${index}]`
    if (requests.findIndex((other) => (other.audience ?? '') === audience) < index)
      return [duplicate(`${at}.audience`, audience)]
    return expirationSeconds !== undefined && expirationSeconds < tokenSecondsMin
      ? [invalidValue(`${at}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes')]
      : []
  })

export function driverWarnings(driver: KubeObject, before?: KubeObject): string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = driverSpec(driver)
  const same = before !== undefined && deepEqual(tokenRequests, driverSpec(before).tokenRequests ?? [])
  return tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined || same
    ? []
    : [
        'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
      ]
}

export interface NodeDriver {
  readonly name: string
  readonly nodeID: string
  readonly topologyKeys?: readonly string[] | null
  readonly allocatable?: { readonly count?: number }
}

const driverNameMax = 63

/** Source: ValidateCSIDriverName. */
export function driverNameCauses(field: string, name: string): Cause[] {
  if (name === '') return [required(field)]
  const long = name.length > driverNameMax ? [tooLong(field, driverNameMax)] : []
  return [...long, ...subdomainProblems(name.toLowerCase()).map((problem) => invalidValue(field, name, problem))]
}

/** A driver that is known on a node stays as it is, but for how many volumes it may have. */
export const changedDriverCauses = (drivers: readonly NodeDriver[], before: readonly NodeDriver[]): Cause[] =>
  before.flatMap((old) =>
    drivers
      .filter(({ name }) => name === old.name)
      .filter(({ nodeID, topologyKeys }) => nodeID !== old.nodeID || !isAlike(topologyKeys, old.topologyKeys))
      .map((driver) =>
        invalidValue(
          'spec.drivers',
          {
            Name: driver.name,
            NodeID: driver.nodeID,
            TopologyKeys: sentAs(driver, 'topologyKeys') ?? null,
            Allocatable: null,
          },
          'field is immutable',
        ),
      ),
  )

const nodeIdMax = 256

export const nodeDriverCauses = (drivers: readonly NodeDriver[]): Cause[] =>
  drivers.flatMap(({ name, nodeID, topologyKeys, allocatable }, index) => {
    const at = `spec.drivers[${index}]`
    return [
      ...driverNameCauses(`${at}.name`, name),
      ...(nodeID === '' ? [required(`${at}.nodeID`)] : []),
      ...(nodeID.length > nodeIdMax
        ? [invalidValue(`${at}.nodeID`, nodeID, `must be ${nodeIdMax} characters or less`)]
        : []),
      ...nonNegative(`${at}.allocatable.count`, allocatable?.count),
      ...(drivers.findIndex((other) => other.name === name) < index ? [duplicate(`${at}.name`, name)] : []),
      ...(topologyKeys ?? []).flatMap((key, n, keys) => [
        ...(key === '' ? [required(at)] : []),
        ...(keys.indexOf(key) < n ? [duplicate(at, key)] : []),
        ...spelled(at, key, qualifiedNameProblems),
      ]),
    ]
  })
