/** Probes and hooks of containers. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateProbe, validateHandler. */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { portNumberOrNameCauses } from './port.ts'
import { oneOf } from './causes.ts'
import { nonNegatives } from './numbers.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const headerText =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"

const headerCauses = (headers: unknown, at: string): Cause[] =>
  (Array.isArray(headers) ? (headers as { name?: string }[]) : []).flatMap(({ name = '' }) =>
    /^[-A-Za-z0-9]+$/.test(name) ? [] : [invalidValue(at, name, headerText)],
  )

const handlers: readonly (readonly [name: string, causes: (action: Json, at: string) => Cause[]])[] = [
  ['exec', ({ command }, at) => (Array.isArray(command) && command.length > 0 ? [] : [required(`${at}.command`)])],
  [
    'httpGet',
    ({ path, port, scheme, httpHeaders }, at) => [
      ...(path ? [] : [required(`${at}.path`)]),
      ...portNumberOrNameCauses(`${at}.port`, port),
      ...oneOf(`${at}.scheme`, scheme, ['HTTP', 'HTTPS']),
      ...headerCauses(httpHeaders, `${at}.httpHeaders`),
    ],
  ],
  ['tcpSocket', ({ port }, at) => portNumberOrNameCauses(`${at}.port`, port)],
  ['grpc', ({ port }, at) => portNumberOrNameCauses(`${at}.port`, port)],
  ['sleep', () => []],
]

const numbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

/** `readiness` may come and go; the others end a container, which takes its time. */
export function probeCauses(probe: unknown, at: string, readiness: boolean): Cause[] {
  if (!isRecord(probe)) return []
  const { successThreshold, terminationGracePeriodSeconds: grace } = probe
  const field = `${at}.terminationGracePeriodSeconds`
  return [
    ...handlerCauses(probe, at),
    ...nonNegatives(at, probe, numbers),
    ...(grace !== undefined && (grace as number) <= 0 ? [invalidValue(field, grace, 'must be greater than 0')] : []),
    ...(grace !== undefined && readiness ? [invalidValue(field, grace, 'must not be set for readinessProbes')] : []),
    ...(readiness || successThreshold === 1
      ? []
      : [invalidValue(`${at}.successThreshold`, successThreshold, 'must be 1')]),
  ]
}

/** What is done when a container has started, and before it stops; `grace`: how long its pod has to end, where that is known. */
export const lifecycleCauses = (lifecycle: unknown, at: string, grace: unknown): Cause[] =>
  isRecord(lifecycle)
    ? ['postStart', 'preStop'].flatMap((hook) => {
        const { [hook]: handler } = lifecycle
        return isRecord(handler)
          ? [...handlerCauses(handler, `${at}.${hook}`), ...sleepCauses(handler, `${at}.${hook}.sleep`, grace)]
          : []
      })
    : []

/** Where it is all that is done. */
function sleepCauses({ sleep, ...handler }: Json, at: string, grace: unknown): Cause[] {
  if (!isRecord(sleep) || Object.values(handler).some(isRecord) || typeof grace !== 'number') return []
  const seconds = Number(sleep['seconds'])
  const text = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`
  return seconds < 0 || seconds > grace ? [invalidValue(at, seconds, text)] : []
}

/** One thing to do, and only one. */
function handlerCauses(handler: Json, at: string): Cause[] {
  const [first, ...others] = handlers.filter(([name]) => isRecord(handler[name]))
  if (first === undefined) return [required(at, 'must specify a handler type')]
  const [name, causes] = first
  return [
    ...causes(handler[name] as Json, `${at}.${name}`),
    ...others.map(([other]) => forbiddenValue(`${at}.${other}`, 'may not specify more than 1 handler type')),
  ]
}
