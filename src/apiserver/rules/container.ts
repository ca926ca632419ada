/**
 * What the real server fills into containers, and what it refuses in them.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, validateContainers.
 */
import { isRecord } from '../../kube/object.ts'
import { duplicate, invalidValue, notFoundValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, portNameProblems } from '../../kube/syntax.ts'
import { environmentCauses } from './environment.ts'
import { probeCauses } from './probe.ts'
import { portCause, protocolCauses } from './port.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { oneOf, spelled } from './causes.ts'
import { withFieldVersion } from './field-reference.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const records = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : [])

function imagePullPolicy(image: unknown): string {
  const name = typeof image === 'string' ? image.replace(/@.*$/, '') : ''
  const tag = /:([^/:]+)$/.exec(name)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
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

export const withContainerDefaults =
  (hostNetwork: boolean) =>
  (container: Json): Json =>
    withParts(
      {
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: imagePullPolicy(container['image']),
        ...container,
      },
      {
        ports: (port) => ({
          protocol: 'TCP',
          ...(hostNetwork && port['hostPort'] === undefined ? { hostPort: port['containerPort'] } : {}),
          ...port,
        }),
        env: withFieldRef,
        livenessProbe: withProbeDefaults,
        readinessProbe: withProbeDefaults,
        startupProbe: withProbeDefaults,
        lifecycle: (lifecycle) => withParts(lifecycle, { postStart: withHttpDefaults, preStop: withHttpDefaults }),
      },
    )

/** `volumes` are those that mounts may name; names have to be unique among `names`. */
export function containerCauses(
  container: Json,
  at: string,
  names: Set<unknown>,
  volumes: readonly unknown[],
): Cause[] {
  const { name, image } = container
  const causes: Cause[] = []
  if (name === undefined || name === '') causes.push(required(`${at}.name`))
  else causes.push(...spelled(`${at}.name`, name as string, labelProblems))
  if (names.has(name)) causes.push(duplicate(`${at}.name`, name))
  names.add(name)
  if (image === undefined || image === '') causes.push(required(`${at}.image`))
  const { env, imagePullPolicy: pull, resources } = container
  return [
    ...causes,
    ...portsCauses(container, at),
    ...environmentCauses(records(env), `${at}.env`),
    ...mountCauses(records(container['volumeMounts']), volumes, `${at}.volumeMounts`),
    ...oneOf(`${at}.imagePullPolicy`, pull, pulls),
    ...resourceCauses(resources, `${at}.resources`),
    ...probes.flatMap((probe) => probeCauses(container[probe], `${at}.${probe}`)),
  ]
}

const pulls = ['Always', 'IfNotPresent', 'Never']
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe']

function mountCauses(mounts: readonly Json[], volumes: readonly unknown[], at: string): Cause[] {
  return mounts.flatMap(({ name, mountPath }, index) => {
    const path = `${at}[${index}]`
    const again = mounts.slice(0, index).some((other) => other['mountPath'] === mountPath)
    return [
      ...(volumes.includes(name) ? [] : [notFoundValue(`${path}.name`, name)]),
      ...(mountPath ? [] : [required(`${path}.mountPath`)]),
      ...(mountPath && again ? [invalidValue(`${path}.mountPath`, mountPath, 'must be unique')] : []),
    ]
  })
}

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

function resourceCauses(resources: unknown, at: string): Cause[] {
  const amounts = (name: string): Json => (isRecord(resources) && isRecord(resources[name]) ? resources[name] : {})
  const limits = amounts('limits')
  return Object.entries(amounts('requests')).flatMap(([name, amount]) => {
    const [asked, limit] = [parseQuantity(amount), parseQuantity(limits[name])]
    if (asked !== undefined && asked < 0)
      return [invalidValue(`${at}.requests[${name}]`, amount, 'must be greater than or equal to 0')]
    // What a device plugin counts is not shared out twice.
    if (limit === undefined && name.includes('/') && !name.includes('kubernetes.io/'))
      return [required(`${at}.limits`, 'Limit must be set for non overcommitable resources')]
    return asked === undefined || limit === undefined || asked <= limit
      ? []
      : [
          invalidValue(
            `${at}.requests`,
            amount,
            `must be less than or equal to ${name} limit of ${String(limits[name])}`,
          ),
        ]
  })
}
