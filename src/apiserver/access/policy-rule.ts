/** One rule of a role: what it allows, and whether other rules cover it. Source: k8s.io/component-helpers/auth/rbac/validation. */
import { quotedList } from '../../kube/go-print.ts'

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** A request to do something with objects, as authorizers look at it. */
export interface ResourceAttributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

/** A request for a path that is no object's. */
export interface PathAttributes {
  readonly verb: string
  readonly path: string
}

export type AccessAttributes = ResourceAttributes | PathAttributes

const matches = (allowed: readonly string[], wanted: string): boolean =>
  allowed.includes('*') || allowed.includes(wanted)

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!matches(rule.verbs, attributes.verb)) return false
  if ('path' in attributes) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, attributes.path))
  const { group, resource, subresource, name } = attributes
  if (!matches(rule.apiGroups ?? [], group)) return false
  const { resources = [], resourceNames = [] } = rule
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  const named = resources.some(
    (each) => each === '*' || each === combined || (subresource !== '' && each === `*/${subresource}`),
  )
  return named && (resourceNames.length === 0 || resourceNames.includes(name))
}

const urlMatches = (pattern: string, path: string): boolean =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))

/** One verb on one resource of one group, of one name or of all; or one verb on one path. */
interface AtomicRule {
  readonly verb: string
  readonly group?: string
  readonly resource?: string
  readonly name?: string
  readonly url?: string
}

/** What of `wanted` none of the held rules covers by itself, each as the real server lists it, in its order. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): string[] {
  const missing = wanted.flatMap(atoms).filter((atom) => !held.some((rule) => covers(rule, atom)))
  const verbs = new Map<string, string[]>()
  const described = new Set<string>()
  for (const { verb, ...what } of missing) {
    const key = JSON.stringify(what)
    if (what.url !== undefined) described.add(compact(what, [verb]))
    else verbs.set(key, [...(verbs.get(key) ?? []), verb])
  }
  for (const [key, each] of verbs) described.add(compact(JSON.parse(key) as Omit<AtomicRule, 'verb'>, each))
  return [...described].sort()
}

function atoms({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): AtomicRule[] {
  const names = resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ name }))
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) => names.map((name) => ({ verb, group, resource, ...name }))),
      ),
    ),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verb, url }))),
  ]
}

function covers(rule: PolicyRule, { verb, group, resource, name, url }: AtomicRule): boolean {
  if (!matches(rule.verbs, verb)) return false
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((owned) => urlMatches(owned, url))
  const { apiGroups = [], resources = [], resourceNames = [] } = rule
  const [, subresource] = (resource ?? '').split(/\/(.*)/s)
  return (
    matches(apiGroups, group ?? '') &&
    (matches(resources, resource ?? '') || (subresource !== undefined && resources.includes(`*/${subresource}`))) &&
    (resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name)))
  )
}

/** Source: k8s.io/kubernetes/pkg/apis/rbac/v1, CompactString. */
function compact({ group, resource, name, url }: Omit<AtomicRule, 'verb'>, verbs: readonly string[]): string {
  const part = (title: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${title}:${quotedList([value])}`]
  const parts = [
    ...part('APIGroups', group),
    ...part('Resources', resource),
    ...part('NonResourceURLs', url),
    ...part('ResourceNames', name),
    `Verbs:${quotedList(verbs)}`,
  ]
  return `{${parts.join(', ')}}`
}
