/** Whether a request is one that a fault is meant for; compiled once when the fault is armed. */
import type { Exchange } from '../kube/handler.ts'
import type { KubeRequest, Verb } from '../kube/request.ts'
import type { ClientSelector, FaultPlan, RequestMatch, Safety } from './plan.ts'

export type ExchangeTest = (exchange: Exchange) => boolean

const reads: ReadonlySet<Verb> = new Set(['get', 'list', 'watch'])

/** `client-go/v1.2 (linux)` → `client-go/v1.2`: what tells clients apart without telling runs apart. */
export function clientOf(exchange: Exchange): string {
  const agent = exchange.headers['user-agent']
  return typeof agent === 'string' ? (agent.split(' ')[0] as string) : ''
}

export function resourceOf(request: KubeRequest): string {
  if (!request.isResource) return `nonResource:${request.path}`
  const what = request.group === '' ? request.resource : `${request.resource}.${request.group}`
  return request.subresource === '' ? what : `${what}/${request.subresource}`
}

export function compileMatch(
  match: RequestMatch | undefined,
  clients: FaultPlan['clients'],
  safety: Pick<Safety, 'protect'>,
): ExchangeTest {
  const tests: ExchangeTest[] = safety.protect.map((rule) => {
    const inner = [
      ...(rule.resources === undefined ? [] : [byResource(rule.resources)]),
      ...(rule.namespaces === undefined ? [] : [listed(rule.namespaces, (request) => request.namespace)]),
      ...(rule.names === undefined ? [] : [listed(rule.names, (request) => request.name)]),
      ...(rule.userAgents === undefined ? [] : [byAgent(rule.userAgents)]),
    ]
    return (exchange) => !inner.every((test) => test(exchange))
  })
  if (match?.client !== undefined) tests.push(byClient(clients[match.client] as ClientSelector))
  if (match?.verbs !== undefined && !match.verbs.includes('*')) {
    const wanted = new Set<string>(match.verbs)
    tests.push(({ request: { verb } }) => wanted.has(verb) || wanted.has(reads.has(verb) ? 'read' : 'write'))
  }
  if (match?.resources !== undefined) tests.push(byResource(match.resources))
  if (match?.namespaces !== undefined) tests.push(listed(match.namespaces, (request) => request.namespace))
  if (match?.names !== undefined) tests.push(listed(match.names, (request) => request.name))
  return (exchange) => tests.every((test) => test(exchange))
}

/** `nodes` means its subresources too, `nodes/status` only that one. */
function byResource(resources: readonly string[]): ExchangeTest {
  return ({ request }) => {
    const full = resourceOf(request)
    return resources.some((wanted) => full === wanted || (full.startsWith(`${wanted}/`) && !wanted.includes('/')))
  }
}

const listed =
  (values: readonly string[], read: (request: KubeRequest) => string): ExchangeTest =>
  ({ request }) =>
    values.includes(read(request))

function byAgent(globs: readonly string[]): ExchangeTest {
  const patterns = globs.map(globPattern)
  return ({ headers }) => {
    const agent = headers['user-agent']
    return typeof agent === 'string' && patterns.some((pattern) => pattern.test(agent))
  }
}

function byClient({ userAgent, fieldManager }: ClientSelector): ExchangeTest {
  const agent = userAgent === undefined ? undefined : byAgent([userAgent])
  return (exchange) =>
    (agent === undefined || agent(exchange)) &&
    (fieldManager === undefined || exchange.request.query.get('fieldManager') === fieldManager)
}

const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
