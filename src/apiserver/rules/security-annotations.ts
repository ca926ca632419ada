/**
 * Annotations that stood for profiles of containers before there were fields. Source:
 * k8s.io/kubernetes/pkg/{api/pod/util.go,apis/core/validation,registry/core/pod/strategy.go}.
 */
import { deepEqual, isRecord, recordOf, records } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { containerLists } from './container.ts'
import { localPathCauses } from './local-path.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>
type Annotations = Readonly<Record<string, string>>

export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
/** What clients are told that still write them. */
export const appArmorText = 'deprecated since v1.30; use the "appArmorProfile" field instead'
const seccomp = 'seccomp.security.alpha.kubernetes.io/'
export const seccompOfPod = `${seccomp}pod`
export const seccompOfContainer = `container.${seccomp}`

const local = 'localhost/'

/** The field that says the same of AppArmor; undefined where none does. */
export function profileOf(annotation: string): Json | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const name = annotation.startsWith(local) ? annotation.slice(local.length) : ''
  return name === '' ? undefined : { type: 'Localhost', localhostProfile: name }
}

/** Whether it may stand in a field. */
const isSound = ({ localhostProfile: name = 'x' }: Json): boolean =>
  typeof name === 'string' && name.trim() === name && name.length <= pathMax
const pathMax = 4095

/** A new pod: what annotations say of AppArmor is said by fields. Source: applyAppArmorVersionSkew. */
export function withAppArmorFields(pod: KubeObject): KubeObject {
  const { annotations } = pod.metadata
  const spec = recordOf(pod.spec)
  if (annotations === undefined || !Object.keys(annotations).some((key) => key.startsWith(appArmorPrefix))) return pod
  if (recordOf(spec['os'])['name'] === 'windows') return pod
  const lists = containerLists.filter((list) => Array.isArray(spec[list]))
  const ofPod = recordOf(spec['securityContext'])['appArmorProfile']
  const filled = (container: Json): Json => {
    const said = annotations[`${appArmorPrefix}${String(container['name'])}`]
    const profile = said === undefined ? undefined : profileOf(said)
    const context = recordOf(container['securityContext'])
    if (profile === undefined || context['appArmorProfile'] !== undefined || !isSound(profile)) return container
    return deepEqual(profile, ofPod)
      ? container
      : { ...container, securityContext: { ...context, appArmorProfile: profile } }
  }
  const containers = Object.fromEntries(lists.map((list) => [list, records(spec[list]).map(filled)]))
  return { ...pod, spec: { ...spec, ...containers } }
}

/** What a client is told of annotations that became fields, or that no field can say. */
export function appArmorWarnings(pod: KubeObject): string[] {
  const { annotations = {} } = pod.metadata
  const spec = recordOf(pod.spec)
  if (recordOf(spec['os'])['name'] === 'windows') return []
  const ofPod = recordOf(spec['securityContext'])['appArmorProfile']
  return containerLists.flatMap((list) =>
    records(spec[list]).flatMap((container) => {
      const key = `${appArmorPrefix}${String(container['name'])}`
      const { [key]: said } = annotations
      const { appArmorProfile } = recordOf(container['securityContext'])
      if (said === undefined || appArmorProfile !== undefined) return []
      const profile = profileOf(said)
      return profile !== undefined && isSound(profile) && deepEqual(profile, ofPod)
        ? []
        : [`metadata.annotations[${key}]: ${appArmorText}`]
    }),
  )
}

/** Of annotations by themselves. Source: ValidatePodSpecificAnnotations. */
export function profileAnnotationCauses(annotations: Annotations, spec: Json, at: string): Cause[] {
  const names = containerLists.flatMap((list) => records(spec[list]).map(({ name }) => String(name)))
  return [
    ...(annotations[seccompOfPod] === undefined
      ? []
      : seccompCauses(annotations[seccompOfPod], `${at}.${seccompOfPod}`)),
    ...Object.entries(annotations).flatMap(([key, value]) =>
      key.startsWith(seccompOfContainer) ? seccompCauses(value, `${at}.${key}`) : [],
    ),
    ...Object.entries(annotations).flatMap(([key, value]) => {
      if (!key.startsWith(appArmorPrefix)) return []
      const name = key.slice(appArmorPrefix.length)
      const isKnown = /^($|runtime\/default$|unconfined$|localhost\/)/.test(value)
      return [
        ...(names.includes(name) ? [] : [invalidValue(`${at}[${key}]`, name, 'container not found')]),
        ...(isKnown
          ? []
          : [invalidValue(`${at}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`)]),
      ]
    }),
  ]
}

function seccompCauses(profile: string, at: string): Cause[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  return profile.startsWith(local)
    ? localPathCauses(at, profile.slice(local.length))
    : [invalidValue(at, profile, 'must be a valid seccomp profile')]
}

/** Annotations and fields of a new pod have to say the same. */
export function contraryProfileCauses(annotations: Annotations, spec: Json, at: string): Cause[] {
  const containers = containerLists.flatMap((list) =>
    records(spec[list]).map((container, index): [Json, string] => [
      container,
      `${at}.${list}[${index}].securityContext`,
    ]),
  )
  const said = (prefix: string, { name }: Json): string | undefined => annotations[`${prefix}${String(name)}`]
  const appArmorOfPod = profileIn(spec, 'appArmorProfile')
  return [
    ...contrary('seccomp', annotations[seccompOfPod], profileIn(spec, 'seccompProfile'), `${at}.securityContext`),
    ...containers.flatMap(([container, path]) =>
      contrary('seccomp', said(seccompOfContainer, container), profileIn(container, 'seccompProfile'), path),
    ),
    ...(recordOf(spec['os'])['name'] === 'windows' ? [] : containers).flatMap(([container, path]) =>
      contrary(
        'apparmor',
        said(appArmorPrefix, container),
        profileIn(container, 'appArmorProfile') ?? appArmorOfPod,
        path,
      ),
    ),
  ]
}

function profileIn(owner: Json, name: string): Json | undefined {
  const { [name]: profile } = recordOf(owner['securityContext'])
  return isRecord(profile) ? profile : undefined
}

const fields = { seccomp: 'seccompProfile', apparmor: 'appArmorProfile' }
const defaults = { seccomp: ['runtime/default', 'docker/default'], apparmor: ['runtime/default'] }

/** `at`: the security context. */
function contrary(
  what: 'seccomp' | 'apparmor',
  annotation: string | undefined,
  { type, localhostProfile }: Json = {},
  at: string,
): Cause[] {
  if (annotation === undefined) return []
  const wrong = (field: string, part: string): Cause[] => [
    forbiddenValue(`${at}.${fields[what]}.${field}`, `${what} ${part} in annotation and field must match`),
  ]
  if (type === 'Unconfined') return annotation === 'unconfined' ? [] : wrong('type', 'type')
  if (type === 'RuntimeDefault') return defaults[what].includes(annotation) ? [] : wrong('type', 'type')
  if (type !== 'Localhost') return []
  if (!annotation.startsWith(local)) return wrong('type', 'type')
  return annotation.slice(local.length) === localhostProfile ? [] : wrong('localhostProfile', 'profile')
}
