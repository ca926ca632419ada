/** What the server says of itself: its version, its health, where its parts are, and how its tokens are checked. */
import { plainText, typedReply, type Exchange, type Reply } from '../../kube/handler.ts'
import type { ServiceAccountTokens } from '../access/service-account-tokens.ts'
import { issuer } from '../access/signing-key.ts'
import type { ResourceDefinition } from '../definition.ts'
import { openApiPaths, openApiReply } from '../openapi/openapi.ts'
import { alwaysPretty } from '../pretty.ts'
import { pageNotFound } from '../route.ts'
import { addressOf, discoveryPaths, discoveryReply } from './discovery.ts'
import { healthPaths, healthReply } from './health.ts'
import { requireRoute, unknownPath } from './routes.ts'

/** `/version` of everything that is ours: the proxy injects only into these unless told otherwise. */
const serverVersion = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.0+capstorm',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
}

const openIdConfiguration = '/.well-known/openid-configuration'
const keySet = '/openid/v1/jwks'

export interface Surroundings {
  readonly definitions: readonly ResourceDefinition[]
  readonly tokens: ServiceAccountTokens
  readonly metrics: { text(): string; reset(): void }
  /** Seconds since 1970. */
  readonly started: number
}

export function nonResourceReply(exchange: Exchange, surroundings: Surroundings): Reply {
  const { request } = exchange
  const { definitions } = surroundings
  return (
    healthReply(request.path, request.query) ??
    ownReply(exchange, surroundings) ??
    discoveryReply(exchange, definitions) ??
    openApiReply(exchange, definitions) ??
    notThere(request.path, definitions)
  )
}

function ownReply(exchange: Exchange, { definitions, tokens, metrics, started }: Surroundings): Reply | undefined {
  const { path, method } = exchange.request
  switch (path === '/' ? path : path.replace(/\/$/, '')) {
    case '/':
    case '/index.html':
      return alwaysPretty({ paths: pathsOf(definitions) })
    case '/metrics':
      if (path !== '/metrics') return undefined
      if (method !== 'DELETE')
        return typedReply(metricsType, metrics.text(), { 'process-start-time-unix': String(started) })
      metrics.reset()
      return typedReply(plainText, 'metrics reset\n')
    case '/version':
      requireRoute(exchange, ['application/json'])
      return alwaysPretty(serverVersion)
    case openIdConfiguration:
      return openIdReply(exchange, 'application/json', configuration(exchange))
    case keySet:
      return openIdReply(exchange, 'application/jwk-set+json', { keys: [tokens.publicKey()] })
    default:
      return undefined
  }
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'

const pathsOf = (definitions: readonly ResourceDefinition[]): string[] =>
  [
    ...discoveryPaths(definitions),
    ...healthPaths,
    ...openApiPaths,
    openIdConfiguration,
    keySet,
    '/metrics',
    '/version',
  ].sort()

/** Below what a router serves it is the router that knows nothing. */
function notThere(path: string, definitions: readonly ResourceDefinition[]): Reply {
  const [, root, group] = path.split('/')
  const routed =
    root === 'version' ||
    root === 'api' ||
    (root === 'apis' && definitions.some((each) => each.group === group && each.custom !== true))
  if (routed) throw pageNotFound()
  return unknownPath()
}

/** Source: k8s.io/kubernetes/pkg/serviceaccount/openidmetadata.go. */
const configuration = (exchange: Exchange): object => ({
  issuer,
  jwks_uri: `https://${addressOf(exchange)}${keySet}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
})

function openIdReply(exchange: Exchange, type: string, document: object): Reply {
  requireRoute(exchange, [type])
  return typedReply(type, JSON.stringify(document), { 'cache-control': 'public, max-age=3600' })
}
