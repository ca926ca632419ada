/**
 * Whether the server is well, check by check. There is nothing behind it that could be ill alone: a server that answers
 * is live and ready, under all the names that a real one's checks have.
 * Source: k8s.io/apiserver/pkg/server/healthz.
 */
import { plainText, textReply, typedReply, type Reply } from '../../kube/handler.ts'
import { unknownPath } from './routes.ts'

const postStartHooks = `
start-apiserver-admission-initializer generic-apiserver-start-informers priority-and-fairness-config-consumer
priority-and-fairness-filter storage-object-count-tracker-hook start-apiextensions-informers
start-apiextensions-controllers crd-informer-synced start-system-namespaces-controller
peer-endpoint-reconciler-controller start-cluster-authentication-info-controller
start-kube-apiserver-identity-lease-controller start-kube-apiserver-identity-lease-garbage-collector storage-readiness
start-legacy-token-tracking-controller start-service-ip-repair-controllers rbac/bootstrap-roles
scheduling/bootstrap-system-priority-classes priority-and-fairness-config-producer bootstrap-controller
start-kubernetes-service-cidr-controller aggregator-reload-proxy-client-cert start-kube-aggregator-informers
apiservice-status-local-available-controller apiservice-status-remote-available-controller
apiservice-registration-controller apiservice-discovery-controller kube-apiserver-autoregistration
autoregister-completion apiservice-openapi-controller apiservice-openapiv3-controller`
  .trim()
  .split(/\s+/)
  .map((name) => (name === 'autoregister-completion' ? name : `poststarthook/${name}`))

const liveChecks = ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...postStartHooks]
const checks: Readonly<Record<string, readonly string[]>> = {
  healthz: liveChecks,
  livez: liveChecks,
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...postStartHooks, 'shutdown'],
}

/** Every path that {@link healthReply} answers. */
export const healthPaths: readonly string[] = Object.entries(checks).flatMap(([name, each]) => [
  `/${name}`,
  ...each.map((check) => `/${name}/${check}`),
])

/** The answer below `/healthz`, `/livez` and `/readyz`; undefined for any other path. */
export function healthReply(path: string, query: URLSearchParams): Reply | undefined {
  const [, name = '', check] = /^\/(\w+)(?:\/(.+))?$/.exec(path) ?? []
  const named = checks[name]
  if (named === undefined) return undefined
  if (check !== undefined) return named.includes(check) ? typedReply(plainText, 'ok') : unknownPath()
  if (!query.has('verbose')) return textReply(200, 'ok')
  const excluded = new Set(query.getAll('exclude'))
  const lines = named.map((each) => (excluded.delete(each) ? `[+]${each} excluded: ok` : `[+]${each} ok`))
  const unknown = [...excluded]
    .sort()
    .map((each) => `"${each}"`)
    .join(',')
  if (unknown !== '') lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown}`)
  return textReply(200, `${lines.join('\n')}\n${name} check passed\n`)
}
