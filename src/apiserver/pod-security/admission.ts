/**
 * The PodSecurity admission plugin: pods have to be as careful as the labels of their namespace ask, who writes
 * templates of others is warned, and labels have to be readable. Source: k8s.io/pod-security-admission/admission.
 */
import { isRecord, records } from '../../kube/object.ts'
import { invalid, notAllowed } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { podLike, type PodLike } from './check.ts'
import { podsWarnings } from './existing-pods.ts'
import { labelCauses, isUnlabelled, policyOf, printed, type Policy } from './policy.ts'
import { detailed, refusals } from './standards.ts'

type Json = Readonly<Record<string, unknown>>

/** Where kinds have the template of their pods. */
const templates: Readonly<Record<string, readonly string[]>> = {
  '/podtemplates': ['template'],
  '/replicationcontrollers': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
  'batch/jobs': ['spec', 'template'],
}

const isKind = ({ group, resource }: ResourceDefinition, name: string): boolean => group === '' && resource === name

function templateIn(definition: ResourceDefinition, object: KubeObject): PodLike | undefined {
  const path = templates[`${definition.group}/${definition.resource}`]
  const found = path?.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), object)
  return isRecord(found) ? podLike(found) : undefined
}

/** The policy of the object's namespace; undefined where there is nothing to look at. */
function policyFor({ metadata }: KubeObject, store: ObjectStore): Policy | undefined {
  const namespaces = store.registry.byPath('', 'v1', 'namespaces')
  const namespace = namespaces === undefined ? undefined : store.get(namespaces, metadata.namespace ?? '')
  const labels = namespace?.value.metadata.labels
  return isUnlabelled(labels) ? undefined : policyOf(labels)
}

/** What is written through these is a pod, whose containers may be others. */
const ofPods = ['', 'ephemeralcontainers', 'resize']

/** Throws 403 where a pod may not be so, 422 where labels of a namespace say what there isn't. */
export function requirePodSecurity(
  definition: ResourceDefinition,
  object: KubeObject,
  before: KubeObject | undefined,
  store: ObjectStore,
  subresource: string,
): void {
  if (isKind(definition, 'namespaces')) {
    if (subresource === '') requireReadable(definition, object, before)
  } else if (isKind(definition, 'pods') && ofPods.includes(subresource)) {
    if (before !== undefined && !isOther(object, before)) return
    const { enforce } = policyFor(object, store) ?? {}
    const found = enforce === undefined ? [] : refusals(enforce, podLike(object))
    const why = enforce === undefined ? '' : `violates PodSecurity "${printed(enforce)}": ${detailed(found)}`
    if (found.length > 0) throw notAllowed({ group: '', resource: 'pods', name: object.metadata.name }, why)
  }
}

function requireReadable(definition: ResourceDefinition, { metadata }: KubeObject, before?: KubeObject): void {
  const causes = labelCauses(metadata.labels)
  const old = labelCauses(before?.metadata.labels)
  if (causes.length > 0 && JSON.stringify(causes) !== JSON.stringify(old))
    throw invalid(definition, metadata.name, causes)
}

/** What a client is told of an object that is written all the same. */
export function podSecurityWarnings(
  definition: ResourceDefinition,
  object: KubeObject,
  before: KubeObject | undefined,
  store: ObjectStore,
  subresource: string,
): string[] {
  if (isKind(definition, 'namespaces') && subresource === '' && before !== undefined)
    return podsWarnings(object, before, store)
  const isPod = isKind(definition, 'pods') && ofPods.includes(subresource)
  if (isPod && before !== undefined && !isOther(object, before)) return []
  const looked = isPod ? podLike(object) : subresource === '' ? templateIn(definition, object) : undefined
  const { warn } = (looked === undefined ? undefined : policyFor(object, store)) ?? {}
  if (looked === undefined || warn === undefined) return []
  const found = refusals(warn, looked)
  return found.length === 0 ? [] : [`would violate PodSecurity "${printed(warn)}": ${detailed(found)}`]
}

/** Whether other containers run in a pod, or other images. */
function isOther(pod: KubeObject, before: KubeObject): boolean {
  const [spec, was] = [podLike(pod).spec, podLike(before).spec]
  const isFixed = (list: string): boolean => {
    const [now, old] = [records(spec[list]), records(was[list])]
    return now.length === old.length && now.every(({ image }, index) => image === old[index]?.['image'])
  }
  const known = records(was['ephemeralContainers'])
  const isKnown = ({ name, image }: Json): boolean => known.find((old) => old['name'] === name)?.['image'] === image
  const added = records(spec['ephemeralContainers'])
  return !isFixed('containers') || !isFixed('initContainers') || added.some((each) => !isKnown(each))
}
