/** What is odd in the spec of a pod, and allowed. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go. */
import { isRecord, records } from '../../kube/object.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { labelProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { portWarnings } from './port-warnings.ts'
import { retiredWarnings } from './retired-volume-sources.ts'

type Json = Record<string, unknown>

const text = (value: unknown): string => JSON.stringify(value ?? '')

/** Labels of nodes that have newer names. */
const renamed: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

/** `at` is where the spec is: pods have their own, workloads one in their template. */
export function podSpecWarnings(given: unknown, at: string): string[] {
  if (!isRecord(given)) return []
  const selector = isRecord(given['nodeSelector']) ? Object.keys(given['nodeSelector']) : []
  return [
    ...selector.flatMap((key) => (renamed[key] === undefined ? [] : [`${at}.nodeSelector[${key}]: ${renamed[key]}`])),
    ...selectorWarnings(given, at),
    ...records(given['hostAliases']).flatMap(({ ip }, index, all) =>
      all.slice(0, index).some((other) => other['ip'] === ip)
        ? [`${at}.hostAliases[${index}].ip: duplicate ip ${text(ip)}`]
        : [],
    ),
    ...secretWarnings(records(given['imagePullSecrets']), `${at}.imagePullSecrets`),
    ...records(given['volumes']).flatMap((volume, index) => [
      ...retiredWarnings(volume, `${at}.volumes[${index}]`),
      ...volumeWarnings(volume),
    ]),
    ...['containers', 'initContainers'].flatMap((list) =>
      records(given[list]).flatMap((container, index) => containerWarnings(container, `${at}.${list}[${index}]`)),
    ),
    ...portWarnings(given, at),
    ...(Number(given['terminationGracePeriodSeconds'] ?? 0) < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
  ]
}

/** A name with dots in it is no host's. */
export function nameWarnings(
  { metadata: { name } }: KubeObject,
  before?: KubeObject,
  of = 'Pod names and hostnames',
): string[] {
  const problems = before === undefined ? labelProblems(name) : []
  const recommended = 'which can result in surprising behavior; a DNS label is recommended'
  return problems.length === 0 ? [] : [`metadata.name: this is used in ${of}, ${recommended}: [${problems.join(' ')}]`]
}

/** Of what makes pods that are called by it. */
export const workloadWarnings = (workload: KubeObject, before?: KubeObject): string[] => [
  ...nameWarnings(workload, before),
  ...templateWarnings(workload, before),
]

/** Of pods that are made of a template; `above`: where the spec with the template is. */
export function templateWarnings(
  { spec, metadata }: KubeObject,
  before?: KubeObject,
  above: readonly string[] = [],
): string[] {
  if (before !== undefined && before.metadata.generation === metadata.generation) return []
  const path = [...above, 'template', 'spec']
  const pod = path.reduce<unknown>((at, field) => (isRecord(at) ? at[field] : undefined), spec)
  return podSpecWarnings(pod, ['spec', ...path].join('.'))
}

const none = 'a null labelSelector results in matching no pod'

/** Selectors that are not there select nothing. */
function selectorWarnings({ affinity, topologySpreadConstraints }: Json, at: string): string[] {
  const terms = (kind: string, list: string): [path: string, term: Json][] => {
    const group = isRecord(affinity) && isRecord(affinity[kind]) ? affinity[kind] : {}
    const inner = list.startsWith('preferred') ? 'podAffinityTerm' : undefined
    return records(group[list]).map((term, index) => {
      const path = `${at}.affinity.${kind}.${list}[${index}]`
      if (inner === undefined) return [path, term]
      return [`${path}.${inner}`, isRecord(term[inner]) ? term[inner] : {}]
    })
  }
  const all = [
    ...records(topologySpreadConstraints).map((each, index): [string, Json] => [
      `${at}.topologySpreadConstraints[${index}]`,
      each,
    ]),
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
      ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution'].flatMap(
        (list) => terms(kind, list),
      ),
    ),
  ]
  return all
    .filter(([, { labelSelector }]) => labelSelector === undefined)
    .map(([path]) => `${path}.labelSelector: ${none}`)
}

const secretWarnings = (secrets: readonly Json[], at: string): string[] =>
  secrets.flatMap(({ name = '' }, index) => {
    if (name === '') return [`${at}[${index}].name: invalid empty name ""`]
    const again = secrets.slice(0, index).some((other) => other['name'] === name)
    return again ? [`${at}[${index}].name: duplicate name ${text(name)}`] : []
  })

function volumeWarnings({ name, projected, secret, configMap, downwardAPI }: Json): string[] {
  const overlaps = (what: string, source: unknown): string[] =>
    isRecord(source)
      ? overlapping(records(source['items']).map(({ path }) => ({ path: path as string, from: '' }))).map(
          (paths) => `volume ${text(name)} (${what}): overlapping paths: ${paths}`,
        )
      : []
  return [
    ...overlaps(`Secret ${text(isRecord(secret) ? secret['secretName'] : '')}`, secret),
    ...overlaps(`ConfigMap ${text(isRecord(configMap) ? configMap['name'] : '')}`, configMap),
    ...overlaps('DownwardAPI', downwardAPI),
    ...(isRecord(projected) && records(projected['sources']).length > 0
      ? projectedWarnings(name, records(projected['sources']))
      : []),
  ]
}

interface Placed {
  readonly path: string
  readonly from: string
}

function projectedWarnings(name: unknown, sources: readonly Json[]): string[] {
  const volume = `volume ${text(name)} (Projected)`
  if (sources.every((source) => Object.keys(source).length === 0)) return [`${volume} has no sources provided`]
  const empty = sources.some((source) => Object.keys(source).length === 0) ? [`${volume} has no sources provided`] : []
  const placed = sources.flatMap(({ secret, configMap, downwardAPI, serviceAccountToken: token }): Placed[] => {
    const items = (source: unknown, from: string): Placed[] =>
      isRecord(source) ? records(source['items']).map(({ path }) => ({ path: path as string, from: ` (${from})` })) : []
    return [
      ...items(secret, `Secret ${text(isRecord(secret) ? secret['name'] : '')}`),
      ...items(configMap, `ConfigMap ${text(isRecord(configMap) ? configMap['name'] : '')}`),
      ...items(downwardAPI, 'DownwardAPI'),
      ...(isRecord(token) ? [{ path: token['path'] as string, from: ' (ServiceAccountToken)' }] : []),
    ]
  })
  return [...empty, ...overlapping(placed).map((paths) => `${volume}: overlapping paths: ${paths}`)]
}

/** Each path that another one is, or lies in. */
const overlapping = (placed: readonly Placed[]): string[] =>
  placed.flatMap(({ path, from }, index) =>
    placed
      .slice(0, index)
      .filter((other) => other.path === path || path.startsWith(`${other.path}/`) || other.path.startsWith(`${path}/`))
      .map((other) => `${text(path)}${from} with ${text(other.path)}${other.from}`),
  )

function containerWarnings({ env, resources }: Json, at: string): string[] {
  const variables = records(env)
  return [
    ...['limits', 'requests'].flatMap((list) => {
      const amounts = isRecord(resources) && isRecord(resources[list]) ? resources[list] : {}
      return ['memory', 'ephemeral-storage'].flatMap((name) =>
        fractionWarnings(amounts[name], `${at}.resources.${list}[${name}]`),
      )
    }),
    ...variables.flatMap(({ name }, index) =>
      variables.slice(0, index).some((other) => other['name'] === name)
        ? [`${at}.env[${index}]: hides previous definition of ${text(name)}, which may be dropped when using apply`]
        : [],
    ),
  ]
}

/** There is no half of a byte. */
export const fractionWarnings = (amount: unknown, path: string): string[] =>
  typeof amount === 'string' && !Number.isInteger(parseQuantity(amount) ?? 0)
    ? [`${path}: fractional byte value ${text(amount)} is invalid, must be an integer`]
    : []
