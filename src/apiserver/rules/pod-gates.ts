/** Fields of pods whose features are off: they are not kept. Source: k8s.io/kubernetes/pkg/api/pod, DropDisabledPodFields. */
import { isRecord } from '../../kube/object.ts'
import type { KubeObject } from '../types.ts'

type Json = Record<string, unknown>

const projections = ['clusterTrustBundle', 'podCertificate']

const without = (object: Json, names: readonly string[]): Json =>
  names.some((name) => name in object)
    ? Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
    : object

function withoutGatedSources(volume: Json): Json {
  const { projected } = volume
  if (!isRecord(projected) || !Array.isArray(projected['sources'])) return volume
  const sources = projected['sources'].map((source: Json) => without(source, projections))
  return { ...volume, projected: { ...projected, sources } }
}

/** Signals to stop with are the images' to say. */
function withoutSignal(container: Json): Json {
  const { lifecycle } = container
  if (!isRecord(lifecycle) || !('stopSignal' in lifecycle)) return container
  const kept = without(lifecycle, ['stopSignal'])
  return Object.keys(kept).length === 0 ? without(container, ['lifecycle']) : { ...container, lifecycle: kept }
}

const parts: Readonly<Record<string, (part: Json) => Json>> = {
  volumes: withoutGatedSources,
  initContainers: withoutSignal,
  containers: withoutSignal,
}

export function withoutGated(pod: KubeObject): KubeObject {
  const spec = pod.spec as Json
  const kept = Object.entries(parts).flatMap(([name, change]) =>
    Array.isArray(spec[name]) ? [[name, spec[name].map(change)] as const] : [],
  )
  return { ...pod, spec: { ...spec, ...Object.fromEntries(kept) } }
}
