/** What a claim has got. Source: k8s.io/kubernetes/pkg/apis/resource/validation, ValidateResourceClaimStatusUpdate. */
import { cidrFamily } from '../../kube/cidr.ts'
import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, tooLong, tooMany, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'
import { conditionCauses, type StatusCondition } from './conditions.ts'
import { driverNameCauses } from './csi.ts'
import {
  bindingCauses,
  configurationCauses,
  eachOf,
  objectCauses,
  poolNameCauses,
  setOf,
  type Binding,
  type Configuration,
} from './device.ts'
import { requestReferenceCause, requestReferenceCauses, type RequestNames } from './device-claim.ts'
import { goShape } from './go-diff.ts'
import { nodeSelectorCauses } from './placement.ts'

type Cause = Required<StatusCause>

/** A device by its driver, pool and name; one that several claims share by its share as well. */
interface DeviceId {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
  readonly shareID?: string
}

interface Allocation {
  readonly devices?: {
    readonly results?: readonly (DeviceId & Binding & { readonly request?: string; readonly adminAccess?: boolean })[]
    readonly config?: readonly (Configuration & { readonly source?: string; readonly requests?: readonly string[] })[]
  }
  readonly nodeSelector?: object
}

interface DeviceStatus extends DeviceId {
  readonly conditions?: readonly StatusCondition[] | null
  readonly data?: unknown
  readonly networkData?: {
    readonly interfaceName?: string
    readonly hardwareAddress?: string
    readonly ips?: readonly string[]
  }
}

export interface ClaimStatus {
  readonly allocation?: Allocation
  readonly reservedFor?: readonly { readonly resource?: string; readonly name?: string; readonly uid?: string }[]
  readonly devices?: readonly DeviceStatus[]
}

const idOf = ({ driver, pool, device, shareID = '' }: DeviceId): string => [driver, pool, device, shareID].join('/')

const idsOf = ({ allocation }: ClaimStatus): ReadonlySet<string> =>
  new Set((allocation?.devices?.results ?? []).map(idOf))

/** What is said of devices that the claim has no more goes with them. */
export function withoutReleased(status: ClaimStatus, before: ClaimStatus): ClaimStatus {
  const [held, had] = [idsOf(status), idsOf(before)]
  const { devices, ...rest } = status
  const kept = (devices ?? []).filter((device) => held.has(idOf(device)) || !had.has(idOf(device)))
  return kept.length === 0 ? rest : { ...rest, devices: kept }
}

const reservedMax = 256

export function claimStatusCauses(
  status: ClaimStatus,
  before: ClaimStatus,
  isGoing: boolean,
  names: RequestNames,
): Cause[] {
  const { allocation, reservedFor = [], devices } = status
  const held = idsOf(status)
  return [
    ...setOf('status.reservedFor', reservedFor, reservedMax, consumerCauses, ({ uid = '' }) => uid),
    ...setOf('status.devices', devices, Infinity, (device, at) => deviceCauses(device, at, held), idOf),
    ...reservationCauses(status, before, isGoing),
    ...(allocation === undefined
      ? []
      : before.allocation === undefined
        ? allocationCauses(allocation, 'status.allocation', names)
        : deepEqual(allocation, before.allocation)
          ? []
          : [
              invalidValue(
                'status.allocation',
                goShape('resource-v1.AllocationResult', allocation),
                'field is immutable',
              ),
            ]),
  ]
}

const consumerCauses = (consumer: Readonly<Record<string, unknown>>, at: string): Cause[] =>
  ['resource', 'name', 'uid'].flatMap((name) => (consumer[name] ? [] : [required(`${at}.${name}`)]))

function reservationCauses(
  { allocation, reservedFor = [] }: ClaimStatus,
  { reservedFor: earlier = [] }: ClaimStatus,
  isGoing: boolean,
): Cause[] {
  if (reservedFor.length === 0) return []
  if (allocation === undefined)
    return [forbiddenValue('status.reservedFor', 'may not be specified when `allocated` is not set')]
  const adds = reservedFor.some((consumer) => !earlier.some((each) => deepEqual(each, consumer)))
  return isGoing && adds
    ? [
        forbiddenValue(
          'status.reservedFor',
          'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
        ),
      ]
    : []
}

const resultsMax = 32
const configMax = 64

const allocationCauses = ({ devices = {}, nodeSelector }: Allocation, at: string, names: RequestNames): Cause[] => [
  ...eachOf(`${at}.devices.results`, devices.results, resultsMax, (result, field) => [
    ...requestReferenceCause(result.request ?? '', `${field}.request`, names),
    ...deviceIdCauses(result, field),
    ...bindingCauses(result, field),
    ...shareCauses(result, field),
  ]),
  ...eachOf(`${at}.devices.config`, devices.config, configMax, (config, field) => [
    ...(config.source
      ? oneOf(`${field}.source`, config.source, ['FromClaim', 'FromClass'])
      : [required(`${field}.source`)]),
    ...requestReferenceCauses(`${field}.requests`, config.requests, names),
    ...configurationCauses(config, field),
  ]),
  ...(nodeSelector === undefined ? [] : nodeSelectorCauses(`${at}.nodeSelector`, nodeSelector)),
]

const deviceIdCauses = ({ driver = '', pool, device = '' }: DeviceId, at: string): Cause[] => [
  ...driverNameCauses(`${at}.driver`, driver),
  ...poolNameCauses(`${at}.pool`, pool),
  ...spelled(`${at}.device`, device, labelProblems),
]

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

function shareCauses({ shareID }: DeviceId, at: string): Cause[] {
  if (shareID === undefined || uuid.test(shareID)) return []
  const length = Buffer.byteLength(shareID)
  const problem = uuid.test(shareID.toLowerCase())
    ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    : `error validating uid: invalid UUID ${length === 36 ? 'format' : `length: ${length}`}`
  return [invalidValue(`${at}.shareID`, shareID, problem)]
}

const deviceConditionsMax = 8
const dataMax = 10 * 1024
const interfaceMax = 256
const hardwareMax = 128
const addressesMax = 16

function deviceCauses(device: DeviceStatus, at: string, held: ReadonlySet<string>): Cause[] {
  const { data, networkData = {} } = device
  const conditions = device.conditions ?? []
  const long = (name: 'interfaceName' | 'hardwareAddress', max: number): Cause[] =>
    Buffer.byteLength(networkData[name] ?? '') > max ? [tooLong(`${at}.networkData.${name}`, max)] : []
  return [
    ...deviceIdCauses(device, at),
    ...shareCauses(device, at),
    ...(held.has(idOf(device)) ? [] : [invalidValue(at, shownId(device), 'must be an allocated device in the claim')]),
    ...(conditions.length > deviceConditionsMax
      ? [tooMany(`${at}.conditions`, conditions.length, deviceConditionsMax)]
      : []),
    ...conditionCauses(`${at}.conditions`, conditions),
    ...(data === undefined || data === null ? [] : objectCauses(`${at}.data`, data, dataMax)),
    ...long('interfaceName', interfaceMax),
    ...long('hardwareAddress', hardwareMax),
    ...setOf(`${at}.networkData.ips`, networkData.ips, addressesMax, interfaceAddressCauses, String),
  ]
}

const interfaceAddressCauses = (address: string, at: string): Cause[] =>
  cidrFamily(address) === 0
    ? [invalidValue(at, address, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
    : []

const shownId = ({ driver = '', pool = '', device = '', shareID = '' }: DeviceId): object => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID,
})
