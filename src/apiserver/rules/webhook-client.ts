/** What webhooks of admission and of conversion have in common. Source: k8s.io/apiserver/pkg/util/webhook/validation.go. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems, subdomainProblems } from '../../kube/syntax.ts'
import type { WebhookClientConfig } from '../webhook-call.ts'
import { servicePortCauses } from './port.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

export function addressCauses({ url, service }: WebhookClientConfig, at: string): Cause[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')]
  if (url !== undefined) return urlCauses(url, `${at}.url`)
  return serviceCauses(service as Service, `${at}.service`)
}

type Service = NonNullable<WebhookClientConfig['service']>

/** A service is called at its HTTPS port, unless another is named. */
export const withServicePort = (config: WebhookClientConfig): WebhookClientConfig =>
  isRecord(config.service) ? { ...config, service: { port: 443, ...config.service } } : config

/** What misses a name is told of its namespace, and the other way round. Source: ValidateWebhookService. */
const serviceCauses = (service: Service, at: string): Cause[] => [
  ...(service.namespace ? [] : [required(`${at}.name`)]),
  ...(service.name ? [] : [required(`${at}.namespace`)]),
  ...servicePortCauses(`${at}.port`, service.port),
  ...pathCauses(service.path ?? '', `${at}.path`),
]

function pathCauses(path: string, at: string): Cause[] {
  if (path === '' || path === '/') return []
  if (path === '//') return [invalidValue(at, path, 'segment[0] may not be empty')]
  const segments = path.slice(1).replace(/\/$/, '').split('/')
  return [
    ...(path.startsWith('/') ? [] : [invalidValue(at, path, "must start with a '/'")]),
    ...segments.flatMap((segment, index) =>
      segment === ''
        ? [invalidValue(at, path, `segment[${index}] may not be empty`)]
        : subdomainProblems(segment).map((problem) => invalidValue(at, path, `segment[${index}]: ${problem}`)),
    ),
  ]
}

/** Source: ValidateWebhookURL. */
function urlCauses(text: string, at: string): Cause[] {
  const form = '; desired format: https://host[/path]'
  const {
    scheme = '',
    host = '',
    user,
    query,
    fragment,
  } = /^(?:(?<scheme>[A-Za-z][-+.A-Za-z0-9]*):)?(?:\/\/(?:(?<user>[^@/?#]*)@)?(?<host>[^/?#]*))?[^?#]*(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/.exec(
    text,
  )?.groups ?? {}
  return [
    ...(scheme === 'https' ? [] : [invalidValue(at, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(host === '' ? [invalidValue(at, host, `host must be specified${form}`)] : []),
    ...(user === undefined ? [] : [invalidValue(at, user, 'user information is not permitted in the URL')]),
    ...(fragment ? [invalidValue(at, fragment, 'fragments are not permitted in the URL')] : []),
    ...(query ? [invalidValue(at, query, 'query parameters are not permitted in the URL')] : []),
  ]
}

/** `missing` is what is said of no versions at all. */
export function reviewVersionCauses(versions: readonly string[] | null | undefined, at: string, missing = ''): Cause[] {
  if (versions === undefined || versions === null || versions.length === 0) return [required(at, missing)]
  const known = versions.some((version) => version === 'v1' || version === 'v1beta1')
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index
        ? [invalidValue(`${at}[${index}]`, version, 'duplicate version')]
        : spelled(`${at}[${index}]`, version, label1035Problems),
    ),
    ...(known ? [] : [invalidValue(at, versions, 'must include at least one of v1, v1beta1')]),
  ]
}
