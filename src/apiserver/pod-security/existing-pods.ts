/** What pods that are there already do, that a namespace asks to be more careful from now on. */
import { controllerOf } from '../../kube/object.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { podLike } from './check.ts'
import { isSame, isStricter, policyOf, printed, type LevelVersion } from './policy.ts'
import { refusals } from './standards.ts'

const podsMax = 3000

/** In the words of the real server; they are counted by what they do. */
export function podsWarnings({ metadata }: KubeObject, before: KubeObject, store: ObjectStore): string[] {
  const { enforce } = policyOf(metadata.labels)
  const { enforce: was } = policyOf(before.metadata.labels)
  if (isSame(enforce, was) || enforce.level === 'privileged') return []
  if (enforce.minor === was.minor && !isStricter(enforce.level, was.level)) return []
  const pods = store.registry.byPath('', 'v1', 'pods')
  if (pods === undefined) return []
  const all = store.all(pods).filter((pod) => pod.metadata.namespace === metadata.name)
  const looked = inOrder(all).slice(0, podsMax)
  const lines = linesOf(looked, enforce)
  const few = `new PodSecurity enforce level only checked against the first ${podsMax} of ${all.length} existing pods`
  const violated = `existing pods in namespace "${metadata.name}" violate the new PodSecurity enforce level "${printed(enforce)}"`
  return [...(looked.length < all.length ? [few] : []), ...(lines.length > 0 ? [violated] : []), ...lines]
}

/** Of each controller one comes first. */
function inOrder(all: readonly KubeObject[]): KubeObject[] {
  const seen = new Set<string>()
  const isFirst = (pod: KubeObject): boolean => {
    const uid = controllerOf(pod)?.uid
    if (uid === undefined) return true
    const fresh = !seen.has(uid)
    seen.add(uid)
    return fresh
  }
  const first = all.filter(isFirst)
  return [...first, ...all.filter((pod) => !first.includes(pod))]
}

function linesOf(all: readonly KubeObject[], enforce: LevelVersion): string[] {
  const byReason = new Map<string, string[]>()
  for (const pod of all) {
    const reason = refusals(enforce, podLike(pod))
      .map((refusal) => refusal.reason)
      .join(', ')
    if (reason !== '') byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name])
  }
  return [...byReason]
    .map(([reason, names]) => {
      const [first] = names.sort()
      const others = names.length - 1
      return `${first}${others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`}: ${reason}`
    })
    .sort()
}
