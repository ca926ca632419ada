/** What pods use up of a quota. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core/pods.go. */
import { isRecord } from '../../kube/object.ts'
import type { Amounts } from '../rules/amounts.ts'
import { allContainers, isHugePages, podAmounts, type AmountsSpec, type Requirements } from '../rules/pod-amounts.ts'
import { isOver } from '../rules/pod-status.ts'
import { isExtended, isNative } from '../rules/resources.ts'
import type { KubeObject } from '../types.ts'
import { podInScope } from './scope.ts'
import type { QuotaUsage } from './usage.ts'

const compute = ['cpu', 'memory', 'ephemeral-storage']
const counted = new Set(['pods', ...compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])])
/** Where a quota counts one of these, each container has to say how much it takes. */
const needed = new Set(['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]))

const asked = 'requests.'

const specOf = ({ spec }: KubeObject): AmountsSpec & { readonly activeDeadlineSeconds?: number } => spec ?? {}

/** A request counts under its own name and as `requests.…`, a limit as `limits.…`. */
function named({ requests = {}, limits = {} }: Requirements): Amounts {
  const used: Record<string, string> = { pods: '1' }
  for (const [name, amount] of Object.entries(requests)) {
    if (compute.includes(name) || isHugePages(name)) used[name] = used[asked + name] = amount
    else if (isExtended(name)) used[asked + name] = amount
  }
  for (const [name, amount] of Object.entries(limits)) if (compute.includes(name)) used[`limits.${name}`] = amount
  return used
}

function lacks(names: readonly string[], pod: KubeObject): string | undefined {
  const spec = specOf(pod)
  if (isRecord(spec.resources) && Object.keys(named(spec.resources)).length > 1) return undefined
  const texts = [...names]
    .sort()
    .filter((name) => needed.has(name))
    .map((name) => {
      const silent = allContainers(spec).filter(({ resources }) => !(name in named(resources ?? {})))
      return { name, silent: [...new Set(silent.map((container) => container.name))].sort() }
    })
    .filter(({ silent }) => silent.length > 0)
    .map(({ name, silent }) => `${name} for: ${silent.join(',')}`)
  return texts.length === 0 ? undefined : `must specify ${texts.join('; ')}`
}

const isTerminating = (pod: KubeObject): boolean => specOf(pod).activeDeadlineSeconds !== undefined

export const podQuota: QuotaUsage = {
  counts: (name) =>
    counted.has(name) ||
    isHugePages(name) ||
    (name.startsWith(asked) && (isHugePages(name.slice(asked.length)) || !isNative(name))),
  of: (pod) => {
    if (isOver(pod)) return {}
    const spec = specOf(pod)
    return named({ requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') })
  },
  changes: (pod, before, subresource) =>
    subresource === 'resize' || (subresource === '' && isTerminating(pod) !== isTerminating(before)),
  inScope: podInScope,
  lacks,
}
