/**
 * The provider's kinds in v1beta1 and v1beta2: what differs is the status. What v1beta1 can't say travels in an
 * annotation, so that nothing is lost on the way back.
 * Source: cluster-api test/infrastructure/docker/api/v1beta1/conversion.go, util/conversion.
 */
import { isRecord, type KubeObject } from '../kube/object.ts'
import type { FailureDomain } from './kinds/dev-cluster.ts'

const dataAnnotation = 'cluster.x-k8s.io/conversion-data'

type Status = Record<string, unknown>

/** The object in `apiVersion`; throws where the provider has no such version. */
export function convertedTo(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object
  const [, version] = apiVersion.split('/')
  if (version === 'v1beta1') return toV1beta1(object, apiVersion)
  if (version === 'v1beta2') return toV1beta2(object, apiVersion)
  throw new Error(`${object.kind} has no version ${apiVersion}: there are v1beta1 and v1beta2`)
}

/** Kinds whose status says whether they are provisioned; templates don't. */
const hasReady = ({ kind = '' }: KubeObject): boolean => !kind.endsWith('Template')

const statusOf = ({ status }: KubeObject): Status => (isRecord(status) ? status : {})

const nonEmpty = (object: Status): boolean => Object.keys(object).length > 0

function toV1beta1(object: KubeObject, apiVersion: string): KubeObject {
  const { initialization, conditions, deprecated, failureDomains, failureDomain, capacity, ...rest } = statusOf(object)
  const provisioned = isRecord(initialization) ? initialization['provisioned'] : undefined
  const older = isRecord(deprecated) && isRecord(deprecated['v1beta1']) ? deprecated['v1beta1'] : {}
  const status = {
    ...rest,
    ...(hasReady(object) ? { ready: provisioned === true } : {}),
    ...(Array.isArray(failureDomains) ? { failureDomains: asMap(failureDomains as FailureDomain[]) } : {}),
    ...(older['conditions'] === undefined ? {} : { conditions: older['conditions'] }),
    ...(conditions === undefined ? {} : { v1beta2: { conditions } }),
  }
  const lost = {
    ...(failureDomain === undefined ? {} : { failureDomain }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(provisioned === false ? { initialization } : {}),
  }
  const data = nonEmpty(lost) ? JSON.stringify({ status: lost }) : undefined
  return withStatus({ ...object, apiVersion, metadata: withData(object.metadata, data) }, status)
}

function toV1beta2(object: KubeObject, apiVersion: string): KubeObject {
  const { ready, conditions, failureDomains, v1beta2, ...rest } = statusOf(object)
  const newer = isRecord(v1beta2) ? v1beta2['conditions'] : undefined
  const status = {
    ...restored(object.metadata.annotations?.[dataAnnotation]),
    ...rest,
    ...(ready === true ? { initialization: { provisioned: true } } : {}),
    ...(isRecord(failureDomains) ? { failureDomains: asList(failureDomains) } : {}),
    ...(newer === undefined ? {} : { conditions: newer }),
    ...(conditions === undefined ? {} : { deprecated: { v1beta1: { conditions } } }),
  }
  return withStatus({ ...object, apiVersion, metadata: withData(object.metadata, undefined) }, status)
}

const withStatus = ({ status: _, ...object }: KubeObject, status: Status): KubeObject =>
  nonEmpty(status) ? { ...object, status } : object

function withData(metadata: KubeObject['metadata'], data: string | undefined): KubeObject['metadata'] {
  const { annotations, ...rest } = metadata
  const { [dataAnnotation]: _, ...others } = annotations ?? {}
  const all = data === undefined ? others : { ...others, [dataAnnotation]: data }
  return nonEmpty(all) ? { ...rest, annotations: all } : rest
}

/** What an annotation kept; one that people have written over is not worth a failed request. */
function restored(data: string | undefined): Status {
  try {
    const kept: unknown = JSON.parse(data ?? '{}')
    return isRecord(kept) && isRecord(kept['status']) ? kept['status'] : {}
  } catch {
    return {}
  }
}

const asMap = (domains: readonly FailureDomain[]): object =>
  Object.fromEntries(domains.map(({ name, ...domain }) => [name, domain]))

const asList = (domains: Status): FailureDomain[] =>
  Object.entries(domains)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, domain]) => ({ name, ...(domain as object) }))
