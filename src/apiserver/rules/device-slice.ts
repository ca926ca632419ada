/** The devices that a driver has to give. Source: k8s.io/kubernetes/pkg/apis/resource/validation, ValidateResourceSlice. */
import { invalidValue, forbiddenValue, required, tooLong, tooMany, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { immutable, spelled } from './causes.ts'
import { driverNameCauses } from './csi.ts'
import {
  attributeNameCauses,
  bindingCauses,
  eachOf,
  poolNameCauses,
  setOf,
  taintCauses,
  type Binding,
  type Taint,
} from './device.ts'
import { devicePlaceCauses, slicePlaceCauses, type Place } from './device-place.ts'

type Cause = Required<StatusCause>

interface Attribute {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
}

interface Counters {
  readonly counters?: Readonly<Record<string, unknown>>
}

interface Device extends Place, Binding {
  readonly name?: string
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly capacity?: Readonly<Record<string, { readonly requestPolicy?: object }>>
  readonly consumesCounters?: readonly (Counters & { readonly counterSet?: string })[]
  readonly taints?: readonly (Taint & { readonly timeAdded?: string })[]
  readonly allowMultipleAllocations?: boolean
}

export interface SliceSpec extends Place {
  readonly driver?: string
  readonly pool?: { readonly name?: string; readonly generation?: number; readonly resourceSliceCount?: number }
  readonly perDeviceNodeSelection?: boolean
  readonly devices?: readonly Device[]
  readonly sharedCounters?: readonly (Counters & { readonly name?: string })[]
}

const devicesMax = 128
const advancedDevicesMax = 64
const counterSetsMax = 8

export function sliceCauses(spec: SliceSpec, before?: SliceSpec): Cause[] {
  const { driver = '', pool = {}, devices, sharedCounters, perDeviceNodeSelection } = spec
  const isAdvanced = (devices ?? []).some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length)
  return [
    ...driverNameCauses('spec.driver', driver),
    ...poolCauses(pool),
    ...(before === undefined
      ? []
      : [
          ...immutable('spec.pool.name', pool.name ?? '', before.pool?.name ?? ''),
          ...immutable('spec.driver', driver, before.driver ?? ''),
          ...immutable('spec.nodeName', spec.nodeName, before.nodeName),
        ]),
    ...slicePlaceCauses(spec),
    ...(['sharedCounters', 'devices'].every((field) => sentAs(spec, field) !== undefined)
      ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : []),
    ...setOf(
      'spec.devices',
      devices,
      isAdvanced ? advancedDevicesMax : devicesMax,
      (device, at) => deviceCauses(device, at, perDeviceNodeSelection === true),
      ({ name = '' }) => name,
    ),
    ...setOf(
      'spec.sharedCounters',
      sharedCounters,
      counterSetsMax,
      ({ name = '', counters }, at) => [...counterNameCauses(`${at}.name`, name), ...counterCauses(counters, at)],
      ({ name = '' }) => name,
    ),
  ]
}

const poolCauses = ({
  name,
  generation = 0,
  resourceSliceCount: count = 0,
}: NonNullable<SliceSpec['pool']>): Cause[] => [
  ...poolNameCauses('spec.pool.name', name),
  ...(count > 0 ? [] : [invalidValue('spec.pool.resourceSliceCount', count, 'must be greater than zero')]),
  ...(generation < 0
    ? [invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero')]
    : []),
]

const propertiesMax = 32
const taintsMax = 16
const consumptionsMax = 2

function deviceCauses(device: Device, at: string, isPerDevice: boolean): Cause[] {
  const { name = '', attributes = {}, capacity = {}, taints, consumesCounters } = device
  const properties = Object.keys(attributes).length + Object.keys(capacity).length
  return [
    ...spelled(`${at}.name`, name, labelProblems),
    ...(properties > propertiesMax
      ? [invalidValue(at, properties, `the total number of attributes and capacities must not exceed ${propertiesMax}`)]
      : []),
    ...Object.entries(attributes).flatMap(([key, attribute]) => [
      ...attributeNameCauses(`${at}.attributes`, key),
      ...attributeCauses(attribute, `${at}.attributes[${key}]`),
    ]),
    ...Object.entries(capacity).flatMap(([key, { requestPolicy }]) => [
      ...attributeNameCauses(`${at}.capacity`, key),
      ...(requestPolicy === undefined || device.allowMultipleAllocations === true
        ? []
        : [forbiddenValue(`${at}.capacity[${key}].requestPolicy`, 'allowMultipleAllocations must be true')]),
    ]),
    ...eachOf(`${at}.taints`, taints, taintsMax, taintCauses),
    ...setOf(
      `${at}.consumesCounters`,
      consumesCounters,
      consumptionsMax,
      ({ counterSet = '', counters }, field) => [
        ...counterNameCauses(`${field}.counterSet`, counterSet),
        ...counterCauses(counters, field),
      ],
      ({ counterSet = '' }) => counterSet,
    ),
    ...devicePlaceCauses(device, at, isPerDevice),
    ...bindingCauses(device, at),
  ]
}

const countersMax = 32

const counterNameCauses = (at: string, name: string): Cause[] =>
  name === '' ? [required(at)] : spelled(at, name, labelProblems)

function counterCauses(counters: Counters['counters'] = {}, at: string): Cause[] {
  const names = Object.keys(counters)
  if (names.length === 0) return [required(`${at}.counters`)]
  if (names.length > countersMax) return [tooMany(`${at}.counters`, names.length, countersMax)]
  return names.flatMap((name) => spelled(`${at}.counters`, name, labelProblems))
}

const valueMax = 64
const number = '(0|[1-9]\\d*)'
const release = `${number}|\\d*[a-zA-Z-][0-9a-zA-Z-]*`
const semanticVersion = new RegExp(
  `^${number}\\.${number}\\.${number}(-(${release})(\\.(${release}))*)?(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$`,
)

function attributeCauses(attribute: Attribute, at: string): Cause[] {
  const { int, bool, string, version } = attribute
  const given = [int, bool, string, version].filter((value) => value !== undefined).length
  const long = (name: 'string' | 'version'): Cause[] =>
    Buffer.byteLength(attribute[name] ?? '') > valueMax ? [tooLong(`${at}.${name}`, valueMax)] : []
  return [
    ...long('string'),
    ...(version === undefined || semanticVersion.test(version)
      ? []
      : [invalidValue(`${at}.version`, version, 'must be a string compatible with semver.org spec 2.0.0')]),
    ...long('version'),
    ...(given === 1
      ? []
      : [invalidValue(at, given === 0 ? '' : shown(attribute), 'exactly one value must be specified')]),
  ]
}

const shown = ({ int, bool, string, version }: Attribute): object => ({
  IntValue: int ?? null,
  BoolValue: bool ?? null,
  StringValue: string ?? null,
  VersionValue: version ?? null,
  IntValues: null,
  BoolValues: null,
  StringValues: null,
  VersionValues: null,
})
