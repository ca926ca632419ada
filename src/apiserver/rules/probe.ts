/** Probes and hooks of containers. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateProbe, validateHandler. */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, required, type StatusCause } from '../../kube/status.ts'
import { portNumberOrNameCauses } from './port.ts'
import { nonNegatives } from './numbers.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const handlers: readonly (readonly [name: string, causes: (action: Json, at: string) => Cause[]])[] = [
  ['exec', ({ command }, at) => (Array.isArray(command) && command.length > 0 ? [] : [required(`${at}.command`)])],
  [
    'httpGet',
    ({ path, port }, at) => [...(path ? [] : [required(`${at}.path`)]), ...portNumberOrNameCauses(`${at}.port`, port)],
  ],
  ['tcpSocket', ({ port }, at) => portNumberOrNameCauses(`${at}.port`, port)],
  ['grpc', ({ port }, at) => portNumberOrNameCauses(`${at}.port`, port)],
  ['sleep', () => []],
]

const numbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

export const probeCauses = (probe: unknown, at: string): Cause[] =>
  isRecord(probe) ? [...handlerCauses(probe, at), ...nonNegatives(at, probe, numbers)] : []

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
