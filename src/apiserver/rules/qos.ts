/** How a pod's node treats it when memory gets scarce. Source: k8s.io/kubernetes/pkg/apis/core/v1/helper/qos. */
import { isRecord } from '../../kube/object.ts'
import { compareQuantities, parseQuantity } from '../../kube/quantity.ts'
import { only, sumOf, type Amounts } from './amounts.ts'
import { allContainers, type AmountsSpec, type Requirements } from './pod-amounts.ts'

const counted = ['cpu', 'memory']

const scarce = (amounts: Amounts = {}): Amounts =>
  only(amounts, (name, amount) => counted.includes(name) && (parseQuantity(amount) ?? 0) > 0)

const isFull = ({ limits }: Requirements): boolean => Object.keys(scarce(limits)).length === counted.length

/** What the pod says of itself as a whole goes before what its containers say. */
export function qosClass(given: unknown): string {
  const spec: AmountsSpec = isRecord(given) ? given : {}
  const whole = spec.resources ?? undefined
  const parts = whole === undefined ? allContainers(spec).map(({ resources }) => resources ?? {}) : [whole]
  const total = (field: keyof Requirements): Amounts => parts.map((part) => scarce(part[field])).reduce(sumOf, {})
  const [requests, limits] = [total('requests'), total('limits')]
  const [asked, allowed] = [Object.entries(requests), Object.keys(limits)]
  if (asked.length === 0 && allowed.length === 0) return 'BestEffort'
  const guaranteed =
    parts.every(isFull) &&
    asked.length === allowed.length &&
    asked.every(([name, amount]) => compareQuantities(amount, limits[name] ?? '0') === 0)
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
