/** How many requests of a priority level are served at once. Source: k8s.io/kubernetes/pkg/apis/flowcontrol/validation. */
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { oneOf } from './causes.ts'

type Cause = Required<StatusCause>

interface Queuing {
  readonly queues: number
  readonly handSize: number
  readonly queueLengthLimit: number
}

interface Shares {
  readonly nominalConcurrencyShares?: number | null
  readonly lendablePercent?: number
}

interface Limited extends Shares {
  readonly limitResponse: { readonly type: string; readonly queuing?: Queuing }
  readonly borrowingLimitPercent?: number
}

export interface PriorityLevelSpec {
  readonly type: string
  readonly limited?: Limited
  readonly exempt?: Shares
}

const queuesMax = 10_000_000
/** A request's flow is dealt its queues from one hash of so many bits. */
const hashBits = 60

export function withPriorityLevelDefaults({ limited, exempt, ...spec }: PriorityLevelSpec): PriorityLevelSpec {
  return {
    ...spec,
    ...(limited === undefined ? {} : { limited: limitedDefaults(limited) }),
    ...(exempt === undefined ? {} : { exempt: { nominalConcurrencyShares: 0, lendablePercent: 0, ...exempt } }),
  }
}

function limitedDefaults(limited: Limited): Limited {
  const { queuing } = limited.limitResponse
  return {
    ...limited,
    nominalConcurrencyShares: limited.nominalConcurrencyShares ?? 30,
    lendablePercent: limited.lendablePercent ?? 0,
    limitResponse:
      queuing === undefined
        ? limited.limitResponse
        : {
            ...limited.limitResponse,
            queuing: {
              queues: queuing.queues || 64,
              handSize: queuing.handSize || 8,
              queueLengthLimit: queuing.queueLengthLimit || 50,
            },
          },
  }
}

export function priorityLevelCauses(name: string, { type, limited, exempt }: PriorityLevelSpec): Cause[] {
  const misnamed =
    (name === 'exempt') === (type === 'Exempt')
      ? []
      : [invalidValue('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'")]
  if (type === 'Exempt')
    return [
      ...misnamed,
      ...(limited === undefined ? [] : [forbiddenValue('spec.limited', 'must be nil if the type is not Limited')]),
      ...(exempt === undefined ? [] : sharesCauses('spec.exempt', exempt)),
    ]
  if (type !== 'Limited') return [...misnamed, notSupported('spec.type', type, ['Exempt', 'Limited'])]
  return [
    ...misnamed,
    ...(exempt === undefined ? [] : [forbiddenValue('spec.exempt', 'must be nil if the type is Limited')]),
    ...(limited === undefined
      ? [required('spec.limited', 'must not be empty when type is Limited')]
      : limitedCauses(limited)),
  ]
}

/** `response` is what is wrong with how it answers. */
const sharesCauses = (
  path: string,
  { nominalConcurrencyShares, lendablePercent = 0 }: Shares,
  response: readonly Cause[] = [],
): Cause[] => [
  ...((nominalConcurrencyShares ?? 0) < 0
    ? [invalidValue(`${path}.nominalConcurrencyShares`, nominalConcurrencyShares, 'must be a non-negative integer')]
    : []),
  ...response,
  ...(lendablePercent < 0 || lendablePercent > 100
    ? [invalidValue(`${path}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive')]
    : []),
]

function limitedCauses({
  limitResponse: { type, queuing },
  borrowingLimitPercent: borrows = 0,
  ...shares
}: Limited): Cause[] {
  const at = 'spec.limited.limitResponse'
  const response =
    type === 'Reject'
      ? queuing === undefined
        ? []
        : [forbiddenValue(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')]
      : type === 'Queue'
        ? queuing === undefined
          ? [required(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
          : queuingCauses(`${at}.queuing`, queuing)
        : oneOf(`${at}.type`, type, ['Queue', 'Reject'])
  return [
    ...sharesCauses('spec.limited', shares, response),
    ...(borrows < 0
      ? [invalidValue('spec.limited.borrowingLimitPercent', borrows, 'if specified, must be a non-negative integer')]
      : []),
  ]
}

function queuingCauses(path: string, { queues, handSize, queueLengthLimit }: Queuing): Cause[] {
  const positive = (field: string, value: number): Cause[] =>
    value <= 0 ? [invalidValue(`${path}.${field}`, value, 'must be positive')] : []
  const bits = Math.ceil(Math.log2(queues) * handSize)
  const hand =
    handSize > queues
      ? `should not be greater than queues (${queues})`
      : bits > hashBits
        ? `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBits}`
        : undefined
  return [
    ...positive('queueLengthLimit', queueLengthLimit),
    ...positive('queues', queues),
    ...(queues > queuesMax ? [invalidValue(`${path}.queues`, queues, `must not be greater than ${queuesMax}`)] : []),
    ...positive('handSize', handSize),
    ...(handSize > 0 && hand !== undefined ? [invalidValue(`${path}.handSize`, handSize, hand)] : []),
  ]
}
