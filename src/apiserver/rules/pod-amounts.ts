/** What a pod as a whole asks for, or may have. Source: k8s.io/component-helpers/resource, PodRequests and PodLimits. */
import { largerOf, only, sumOf, type Amounts } from './amounts.ts'

export interface Requirements {
  readonly limits?: Amounts
  readonly requests?: Amounts
}

export interface AmountsContainer {
  readonly name?: string
  readonly restartPolicy?: string
  readonly resources?: Requirements | null
}

/** As it comes, before anybody has looked at it: null is nothing. */
export interface AmountsSpec {
  readonly containers?: readonly AmountsContainer[] | null
  readonly initContainers?: readonly AmountsContainer[] | null
  /** Of the pod as a whole: holds instead of what its containers add up to. */
  readonly resources?: Requirements | null
}

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')

/** What a pod can say of itself as a whole. */
export const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)

export const allContainers = ({ containers, initContainers }: AmountsSpec): AmountsContainer[] => [
  ...(containers ?? []),
  ...(initContainers ?? []),
]

/** Containers run together; those that start before them run one by one, apart from those that stay. */
export function containerAmounts(spec: AmountsSpec, field: keyof Requirements): Amounts {
  const of = ({ resources }: AmountsContainer): Amounts => resources?.[field] ?? {}
  let running = (spec.containers ?? []).map(of).reduce(sumOf, {})
  let staying: Amounts = {}
  let starting: Amounts = {}
  for (const container of spec.initContainers ?? []) {
    const own = of(container)
    if (container.restartPolicy === 'Always') {
      running = sumOf(running, own)
      staying = sumOf(staying, own)
      starting = largerOf(starting, staying)
    } else starting = largerOf(starting, sumOf(own, staying))
  }
  return largerOf(running, starting)
}

export const podAmounts = (spec: AmountsSpec, field: keyof Requirements): Amounts => ({
  ...containerAmounts(spec, field),
  ...only(spec.resources?.[field] ?? {}, isPodLevel),
})
