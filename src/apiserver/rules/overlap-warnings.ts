/** Files of a volume that lie in each other's way. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go. */
import { isRecord, records } from '../../kube/object.ts'

type Json = Record<string, unknown>

interface Placed {
  readonly path: string
  readonly from: string
}

const text = (value: unknown): string => JSON.stringify(value ?? '')

const itemsOf = (source: unknown, from = ''): Placed[] =>
  isRecord(source)
    ? records(source['items']).map(({ path }) => ({ path: typeof path === 'string' ? path : '', from }))
    : []

export function overlapWarnings({ name, projected, secret, configMap, downwardAPI }: Json): string[] {
  const within = (what: string, source: unknown): string[] =>
    overlapping(itemsOf(source)).map((paths) => `volume ${text(name)} (${what}): overlapping paths: ${paths}`)
  return [
    ...within(`ConfigMap ${text(isRecord(configMap) ? configMap['name'] : '')}`, configMap),
    ...within(`Secret ${text(isRecord(secret) ? secret['secretName'] : '')}`, secret),
    ...within('DownwardAPI', downwardAPI),
    ...(isRecord(projected) ? projectedWarnings(name, records(projected['sources'])) : []),
  ]
}

function projectedWarnings(name: unknown, sources: readonly Json[]): string[] {
  const volume = `volume ${text(name)} (Projected)`
  const placed: Placed[] = []
  return sources.flatMap((source) => {
    if (Object.keys(source).length === 0) return [`${volume} has no sources provided`]
    const own = placedBy(source)
    const before = placed.length
    placed.push(...own)
    return overlapping(placed, before).map((paths) => `${volume}: overlapping paths: ${paths}`)
  })
}

/** Where the first source that there is puts its files. */
function placedBy({
  configMap,
  secret,
  downwardAPI,
  serviceAccountToken,
  clusterTrustBundle,
  podCertificate,
}: Json): Placed[] {
  const nameOf = (source: unknown, field = 'name'): string => text(isRecord(source) ? source[field] : '')
  const fileOf = (source: unknown, field: string, from: string): Placed[] =>
    isRecord(source) && typeof source[field] === 'string' ? [{ path: source[field], from }] : []
  const hasItems = (source: unknown): boolean => isRecord(source) && Array.isArray(source['items'])
  if (hasItems(configMap)) return itemsOf(configMap, ` (ConfigMap ${nameOf(configMap)})`)
  if (hasItems(secret)) return itemsOf(secret, ` (Secret ${nameOf(secret)})`)
  if (hasItems(downwardAPI)) return itemsOf(downwardAPI, ' (DownwardAPI)')
  if (isRecord(serviceAccountToken)) return fileOf(serviceAccountToken, 'path', ' (ServiceAccountToken)')
  if (isRecord(clusterTrustBundle)) {
    const named = nameOf(clusterTrustBundle, 'name' in clusterTrustBundle ? 'name' : 'signerName')
    return fileOf(clusterTrustBundle, 'path', ` (ClusterTrustBundle ${named})`)
  }
  return [
    ...fileOf(podCertificate, 'certificateChainPath', ' (PodCertificate chain)'),
    ...fileOf(podCertificate, 'keyPath', ' (PodCertificate key)'),
    ...fileOf(podCertificate, 'credentialBundlePath', ' (PodCertificate credential bundle)'),
  ]
}

/** Each path, from a place in the list on, that another one before it is, or lies in. */
const overlapping = (placed: readonly Placed[], since = 0): string[] =>
  placed.slice(since).flatMap(({ path: said, from }, index) => {
    const path = trimmed(said)
    return placed.slice(0, since + index).flatMap((other) => {
      const earlier = trimmed(other.path)
      const clash = earlier === path || path.startsWith(`${earlier}/`) || earlier.startsWith(`${path}/`)
      return path !== '' && earlier !== '' && clash ? [`${text(path)}${from} with ${text(earlier)}${other.from}`] : []
    })
  })

const trimmed = (path: string): string => path.replace(/\/+$/, '')
