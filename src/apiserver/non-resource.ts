/** What the server says of itself: its version, its health, where its parts are, and how its tokens are checked. */
import { jsonReply, textReply, type Exchange, type Reply } from '../kube/handler.ts'
import type { ServiceAccountTokens } from './access/service-account-tokens.ts'
import { issuer } from './access/signing-key.ts'
import type { ResourceDefinition } from './definition.ts'
import { discoveryReply } from './discovery.ts'
import { openApi } from './openapi.ts'

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

const paths = [
  openIdConfiguration,
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  keySet,
  '/readyz',
  '/version',
]

export interface Surroundings {
  readonly definitions: readonly ResourceDefinition[]
  readonly tokens: ServiceAccountTokens
  readonly metrics: () => string
}

export function nonResourceReply(exchange: Exchange, { definitions, tokens, metrics }: Surroundings): Reply {
  const { request } = exchange
  const health = /^\/(healthz|livez|readyz)(?:\/([^/]+))?$/.exec(request.path)
  if (health !== null) return healthReply(health[1] as string, health[2], request.query)
  switch (request.path) {
    case '/':
      return jsonReply(200, { paths })
    case '/metrics':
      return textReply(200, metrics(), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    case '/version':
    case '/version/':
      return jsonReply(200, serverVersion)
    case openIdConfiguration:
      return openIdReply('application/json', configuration(exchange))
    case keySet:
      return openIdReply('application/jwk-set+json', { keys: [tokens.publicKey()] })
    default: {
      const discovered = discoveryReply(exchange, definitions)
      if (discovered !== undefined) return discovered
      const document = openApi(request.path, definitions)
      return document === undefined ? unknownPath() : jsonReply(200, document)
    }
  }
}

/** Where nothing is served at all, Go's own mux answers. */
export const unknownPath = (): Reply => textReply(404, '404 page not found\n')

/** What a healthy server has to say; there is nothing behind it that could be ill alone. */
const checks = [
  'ping',
  'log',
  'etcd',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/rbac/bootstrap-roles',
]

/** Source: k8s.io/apiserver/pkg/server/healthz. */
function healthReply(name: string, check: string | undefined, query: URLSearchParams): Reply {
  if (check !== undefined) return checks.includes(check) ? textReply(200, 'ok') : unknownPath()
  if (!query.has('verbose')) return textReply(200, 'ok')
  const excluded = query.getAll('exclude')
  const lines = checks.map((each) => (excluded.includes(each) ? `[+]${each} excluded: ok` : `[+]${each} ok`))
  return textReply(200, `${lines.join('\n')}\n${name} check passed\n`)
}

/** Source: k8s.io/kubernetes/pkg/serviceaccount/openidmetadata.go. */
const configuration = ({ headers }: Exchange): object => ({
  issuer,
  jwks_uri: `https://${String(headers['host'] ?? headers[':authority'] ?? 'kubernetes.default.svc')}${keySet}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
})

const openIdReply = (type: string, document: object): Reply =>
  textReply(200, JSON.stringify(document), { 'content-type': type, 'cache-control': 'public, max-age=3600' })
