/** Absolute URLs, as Go's net/url takes them apart. Source: k8s.io/apiserver/pkg/cel/library/urls.go. */
import type { Environment } from '@marcbachmann/cel-js'

/** What Go's URL has; a class, so that expressions tell it from a map. */
export class Link {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly text: string

  constructor(text: string) {
    const wrong = (why: string): Error => new Error(`parse ${JSON.stringify(text)}: ${why}`)
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f]/.test(text)) throw wrong('net/url: invalid control character in URL')
    if (text === '') throw wrong('empty url')
    const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z\d+.-]*):)?([^]*)$/.exec(text) ?? []
    if (scheme === '' && rest.startsWith(':')) throw wrong('missing protocol scheme')
    if (scheme === '' && !rest.startsWith('/')) throw wrong('invalid URI for request')
    const [, whole = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(rest) ?? []
    const isOpaque = !whole.startsWith('/')
    const [, authority, path = whole] = /^\/\/([^/]*)([^]*)$/.exec(whole) ?? []
    const escape = /%(?![\da-fA-F]{2}).{0,2}/.exec(path)?.[0]
    if (escape !== undefined) throw wrong(`invalid URL escape ${JSON.stringify(escape)}`)
    const problem = authority === undefined ? undefined : hostProblem(authority)
    if (problem !== undefined) throw wrong(problem)
    this.scheme = scheme.toLowerCase()
    this.host = (authority ?? '').replace(/^.*@/, '')
    this.path = isOpaque ? '' : path.replaceAll(/[^\w!$&'()*+,./:;=@~%-]/gu, encodeURIComponent)
    this.query = query
    this.text = text
  }

  get hostname(): string {
    return /^\[(.*)\]/.exec(this.host)?.[1] ?? this.host.replace(/:\d*$/, '')
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? ''
  }
}

function hostProblem(authority: string): string | undefined {
  const host = authority.replace(/^.*@/, '')
  const port = /^\[[^\]]*\](.*)$/.exec(host)?.[1] ?? /:[^:]*$/.exec(host)?.[0] ?? ''
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`
  const character = /[\s"<>\\^`{|}]/.exec(host)?.[0]
  return character === undefined ? undefined : `invalid character ${JSON.stringify(character)} in host name`
}

/** What Go has against it; undefined where it is an absolute URL. */
export function linkProblem(text: string): string | undefined {
  try {
    new Link(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function linkOf(text: string): Link {
  const problem = linkProblem(text)
  if (problem !== undefined) throw new Error(`URL parse error during conversion from string: ${problem}`)
  return new Link(text)
}

const queryOf = ({ query }: Link): Map<string, string[]> => {
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value])
  return values
}

export function registerUrls(environment: Environment): void {
  environment.registerType('kubernetes.URL', Link)
  environment
    .registerFunction('isURL(string): bool', (text: string) => linkProblem(text) === undefined)
    .registerFunction('url(string): kubernetes.URL', linkOf)
    .registerFunction('kubernetes.URL.getScheme(): string', ({ scheme }: Link) => scheme)
    .registerFunction('kubernetes.URL.getHost(): string', ({ host }: Link) => host)
    .registerFunction('kubernetes.URL.getHostname(): string', ({ hostname }: Link) => hostname)
    .registerFunction('kubernetes.URL.getPort(): string', ({ port }: Link) => port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', ({ path }: Link) => path)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', queryOf)
    .registerOperator('kubernetes.URL == kubernetes.URL', (one: Link, other: Link) => one.text === other.text)
}
