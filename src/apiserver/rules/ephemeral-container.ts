/**
 * Containers that are added to a pod that runs, to look at it. Source: k8s.io/kubernetes/pkg/apis/core/validation,
 * validateEphemeralContainers, ValidatePodEphemeralContainersUpdate.
 */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { duplicate, forbiddenValue, notFoundValue, type StatusCause } from '../../kube/status.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import type { KubeObject } from '../types.ts'
import { containerCauses, type InPod } from './container.ts'
import { mirrorAnnotation } from './pod-annotations.ts'
import { claimNames } from './pod-claims.ts'

type Cause = Required<StatusCause>
type Container = Readonly<Record<string, unknown>>

interface Spec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name?: string }[]
  readonly resourceClaims?: Record<string, unknown>[]
}

/** Through their own endpoint nothing else of the pod changes. */
export const withEphemeralContainers = (wanted: KubeObject, before: KubeObject): KubeObject => {
  const { ephemeralContainers } = (wanted.spec ?? {}) as Spec
  const { ephemeralContainers: _, ...spec } = before.spec as Spec
  return { ...before, spec: { ...spec, ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }) } }
}

/** As the fields of the type come. */
const forbidden = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
]
/** Those that are not looked at any further. */
const unread = forbidden.slice(forbidden.indexOf('restartPolicy'))
const subPaths = ['subPath', 'subPathExpr']

export function ephemeralContainerCauses(given: unknown, spec: string): Cause[] {
  const { containers, initContainers, ephemeralContainers = [], volumes = [], resourceClaims = [] } = given as Spec
  const others = new Set<unknown>([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name))
  const all = new Set(others)
  const at = `${spec}.ephemeralContainers`
  const inPod: InPod = {
    spec: given as InPod['spec'],
    volumes: volumes.map(({ name }) => name),
    claims: claimNames(resourceClaims),
  }
  return ephemeralContainers.flatMap((container, index): Cause[] => {
    const path = `${at}[${index}]`
    const { name, targetContainerName: target = '', volumeMounts } = container
    const own = containerCauses(
      Object.fromEntries(Object.entries(container).filter(([field]) => !unread.includes(field))),
      path,
      new Set(),
      inPod,
    )
    const taken = all.has(name)
    all.add(name)
    const mounts = Array.isArray(volumeMounts) ? volumeMounts.filter(isRecord) : []
    return [
      ...own,
      ...(taken ? [duplicate(`${path}.name`, name)] : []),
      ...(target !== '' && !others.has(target) ? [notFoundValue(`${path}.targetContainerName`, target)] : []),
      ...forbidden.filter((field) => isSet(field, container)).map((field) => notHere(`${path}.${field}`)),
      ...mounts.flatMap((mount, at) =>
        subPaths
          .filter((field) => (mount[field] ?? '') !== '')
          .map((field) => notHere(`${path}.volumeMounts[${at}].${field}`)),
      ),
    ]
  })
}

/** A struct is set when anything in it is, a list or a pointer when it is there. */
function isSet(field: string, container: Container): boolean {
  const value = sentAs(container, field)
  return field === 'resources' ? isRecord(value) && Object.keys(value).length > 0 : value !== undefined
}

const notHere = (field: string): Cause => forbiddenValue(field, 'cannot be set for an Ephemeral Container')

/** They come, and stay as they are. */
export function changedEphemeralCauses(pod: KubeObject, before: KubeObject): Cause[] {
  if (before.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenValue('', 'static pods do not support ephemeral containers')]
  const { ephemeralContainers: now = [] } = pod.spec as Spec
  const { ephemeralContainers: was = [] } = before.spec as Spec
  return was.flatMap((old) => {
    const same = now.find(({ name }) => name === old['name'])
    if (same !== undefined && deepEqual(same, old)) return []
    const change = same === undefined ? 'may not be removed\n' : 'may not be changed\n'
    return [
      forbiddenValue(
        'spec.ephemeralContainers',
        `existing ephemeral containers ${JSON.stringify(old['name'])} ${change}`,
      ),
    ]
  })
}
