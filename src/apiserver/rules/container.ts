/**
 * What the real server fills into containers, and what it refuses in them.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, validateContainers.
 */
import { isRecord, records } from '../../kube/object.ts'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, portNameProblems } from '../../kube/syntax.ts'
import { environmentCauses, sourcesCauses } from './environment.ts'
import { lifecycleCauses, probeCauses } from './probe.ts'
import { portCause, protocolCauses } from './port.ts'
import { oneOf, spelled } from './causes.ts'
import { withFieldVersion } from './field-reference.ts'
import { mountCauses, deviceCauses } from './volume-mount.ts'
import { containerSecurityCauses } from './security-context.ts'
import { usedClaimCauses } from './pod-claims.ts'
import { requirementCauses } from './requirements.ts'

/** Where a pod has containers. */
export const containerLists = ['initContainers', 'containers', 'ephemeralContainers']

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const reference =
  /^(?<name>(?:(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[\w][-.\w]{0,127}))?(?<digest>@[A-Za-z][-+._:A-Za-z0-9]*)?$/

const nameMax = 255

/** What has neither a tag nor a digest is the latest, which is always pulled; what is no name of an image has none. */
function imagePullPolicy(image: unknown): string {
  const parts = reference.exec(typeof image === 'string' ? image : '')?.groups
  if (parts === undefined || (parts['name']?.length ?? 0) > nameMax) return 'IfNotPresent'
  const { tag = parts['digest'] === undefined ? 'latest' : '' } = parts
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

const withHttpDefaults = (handler: Json): Json =>
  isRecord(handler['httpGet']) ? { ...handler, httpGet: { path: '/', scheme: 'HTTP', ...handler['httpGet'] } } : handler

const withProbeDefaults = (probe: Json): Json =>
  withHttpDefaults({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...probe })

const withFieldRef = (variable: Json): Json =>
  isRecord(variable['valueFrom']) ? { ...variable, valueFrom: withFieldVersion(variable['valueFrom']) } : variable

/** Of a pod: what is limited and not asked for is asked for up to the limit. */
export function withRequests(container: Json): Json {
  const { resources } = container
  if (!isRecord(resources) || !isRecord(resources['limits'])) return container
  const requests = { ...resources['limits'], ...(resources['requests'] as object | undefined) }
  return { ...container, resources: { ...resources, requests } }
}

/** The fields of `object` that are there, each changed by its function. */
const withParts = (object: Json, parts: Readonly<Record<string, (part: Json) => unknown>>): Json => ({
  ...object,
  ...Object.fromEntries(
    Object.entries(parts).flatMap(([name, change]) => {
      const value = object[name]
      if (Array.isArray(value)) return [[name, records(value).map(change)]]
      return isRecord(value) ? [[name, change(value)]] : []
    }),
  ),
})

/** The signal that ends a container is dropped: its feature is off. Source: dropContainerStopSignals. */
function withoutSignal(container: Json): Json {
  const { lifecycle, ...rest } = container
  if (!isRecord(lifecycle) || lifecycle['stopSignal'] === undefined) return container
  const { stopSignal: _, ...handlers } = lifecycle
  return Object.keys(handlers).length === 0 ? rest : { ...rest, lifecycle: handlers }
}

export const withContainerDefaults = (container: Json): Json =>
  withParts(
    {
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: imagePullPolicy(container['image']),
      ...withoutSignal(container),
    },
    {
      ports: (port) => ({ protocol: 'TCP', ...port }),
      env: withFieldRef,
      livenessProbe: withProbeDefaults,
      readinessProbe: withProbeDefaults,
      startupProbe: withProbeDefaults,
      lifecycle: (lifecycle) => withParts(lifecycle, { postStart: withHttpDefaults, preStop: withHttpDefaults }),
    },
  )

/** In the network of its node. */
export const withHostPorts = (container: Json): Json =>
  withParts(container, { ports: (port) => ({ hostPort: port['containerPort'], ...port }) })

/** What of a pod the rules of its containers depend on. */
export interface InPod {
  readonly spec: Json
  /** The names that mounts may use. */
  readonly volumes: readonly unknown[]
  readonly claims: readonly string[]
}

/** Names have to be unique among `names`. */
export function containerCauses(
  container: Json,
  at: string,
  names: Set<unknown>,
  { spec, volumes, claims }: InPod,
): Cause[] {
  const { name, image } = container
  const causes: Cause[] = []
  if (name === undefined || name === '') causes.push(required(`${at}.name`))
  else causes.push(...spelled(`${at}.name`, name as string, labelProblems))
  if (image === undefined || image === '') causes.push(required(`${at}.image`))
  const { env, imagePullPolicy: pull, resources } = container
  const again = names.has(name)
  names.add(name)
  return [
    ...causes,
    ...oneOf(`${at}.terminationMessagePolicy`, container['terminationMessagePolicy'], messagePolicies),
    ...portsCauses(container, at),
    ...environmentCauses(records(env), `${at}.env`),
    ...sourcesCauses(records(container['envFrom']), `${at}.envFrom`),
    ...mountCauses(container, records(container['volumeMounts']), volumes, `${at}.volumeMounts`),
    ...deviceCauses(records(container['volumeDevices']), volumes, `${at}.volumeDevices`),
    ...oneOf(`${at}.imagePullPolicy`, pull, pulls),
    ...requirementCauses(resources, `${at}.resources`),
    ...usedClaimCauses(isRecord(resources) ? records(resources['claims']) : [], claims, `${at}.resources.claims`),
    ...resizePolicyCauses(records(container['resizePolicy']), `${at}.resizePolicy`, spec['restartPolicy'] === 'Never'),
    ...containerSecurityCauses(container['securityContext'], `${at}.securityContext`, spec['hostUsers'] !== false),
    ...(again ? [duplicate(`${at}.name`, name)] : []),
    ...lifecycleCauses(container['lifecycle'], `${at}.lifecycle`, spec['terminationGracePeriodSeconds']),
    ...probes.flatMap((probe) => probeCauses(container[probe], `${at}.${probe}`, probe === 'readinessProbe')),
  ]
}

const messagePolicies = ['File', 'FallbackToLogsOnError']
const pulls = ['Always', 'IfNotPresent', 'Never']
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe']

function portsCauses(container: Json, at: string): Cause[] {
  const names = new Set<unknown>()
  return records(container['ports']).flatMap((port, index) => {
    const path = `${at}.ports[${index}]`
    const { name, containerPort = 0, hostPort = 0, protocol } = port
    const causes: Cause[] = []
    if (typeof name === 'string' && name !== '') {
      causes.push(...spelled(`${path}.name`, name, portNameProblems))
      if (names.has(name)) causes.push(duplicate(`${path}.name`, name))
      names.add(name)
    }
    if (containerPort === 0) causes.push(required(`${path}.containerPort`))
    else causes.push(...portCause(`${path}.containerPort`, containerPort))
    if (hostPort !== 0) causes.push(...portCause(`${path}.hostPort`, hostPort))
    return [...causes, ...protocolCauses(`${path}.protocol`, protocol)]
  })
}

/** Source: validateResizePolicy. */
const resizePolicyCauses = (policies: readonly Json[], at: string, isFinal: boolean): Cause[] =>
  policies.flatMap(({ resourceName, restartPolicy }, index) => [
    ...(policies.findIndex((other) => other['resourceName'] === resourceName) < index
      ? [duplicate(`${at}[${index}]`, resourceName)]
      : []),
    ...(resourceName === '' ? [required(at)] : oneOf(at, resourceName, ['cpu', 'memory'])),
    ...(restartPolicy === '' ? [required(at)] : oneOf(at, restartPolicy, ['NotRequired', 'RestartContainer'])),
    ...(isFinal && restartPolicy !== 'NotRequired'
      ? [invalidValue(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")]
      : []),
  ])
