/** What a Kubernetes request asks for, read off its method and path. Source: k8s.io/apiserver/pkg/endpoints/request. */

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection' | 'connect'

export const verbs: readonly Verb[] = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'connect',
]

export interface KubeRequest {
  readonly method: string
  /** Path with its query, as received. */
  readonly url: string
  /** Path without the query. */
  readonly path: string
  readonly verb: Verb
  /** False for `/`, `/version`, discovery and the like: then only `path` means something. */
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  /** Empty for cluster scope and for requests across all namespaces. */
  readonly namespace: string
  readonly name: string
  /** Whether the path itself asks for a watch, as it did of old: `/api/v1/watch/pods`. */
  readonly watchesByPath: boolean
  /** Parsed on first use. */
  readonly query: URLSearchParams
}

const noQuery = new URLSearchParams()

class ParsedRequest implements KubeRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly #search: string
  #query: URLSearchParams | undefined
  watchesByPath = false
  verb: Verb = 'get'
  isResource = false
  group = ''
  version = ''
  resource = ''
  subresource = ''
  namespace = ''
  name = ''

  constructor(method: string, url: string) {
    this.method = method
    this.url = url
    const question = url.indexOf('?')
    this.path = question < 0 ? url : url.slice(0, question)
    this.#search = question < 0 ? '' : url.slice(question + 1)
    this.#readPath()
    this.verb = this.#readVerb()
  }

  get query(): URLSearchParams {
    if (this.#search === '') return noQuery
    return (this.#query ??= new URLSearchParams(this.#search))
  }

  #readPath(): void {
    const parts = decode(this.path).split('/')
    let next: number
    if (parts[1] === 'api' && parts.length > 3) {
      this.version = parts[2] as string
      next = 3
    } else if (parts[1] === 'apis' && parts.length > 4) {
      this.group = parts[2] as string
      this.version = parts[3] as string
      next = 4
    } else return
    if (parts[parts.length - 1] === '') parts.pop()
    if (parts.length <= next) return
    // The old way to watch: before the rest of the path.
    if (parts[next] === 'watch' && parts.length > next + 1) {
      parts.splice(next, 1)
      this.watchesByPath = true
    }
    if (parts[next] === 'namespaces' && parts.length > next + 2 && !isNamespaceSubresource(parts, next)) {
      this.namespace = parts[next + 1] as string
      next += 2
    }
    this.isResource = true
    this.resource = parts[next] as string
    this.name = parts[next + 1] ?? ''
    // What is below a proxy is a path of whatever is behind it.
    this.subresource = parts[next + 2] === 'proxy' ? 'proxy' : parts.slice(next + 2).join('/')
  }

  #readVerb(): Verb {
    switch (this.method) {
      case 'POST':
        return this.subresource === 'portforward' || this.subresource === 'exec' || this.subresource === 'attach'
          ? 'connect'
          : 'create'
      case 'PUT':
        return 'update'
      case 'PATCH':
        return 'patch'
      case 'DELETE':
        return this.isResource && this.name === '' ? 'deletecollection' : 'delete'
      default:
        if (!this.isResource) return 'get'
        if (this.watchesByPath) return 'watch'
        if (this.subresource === 'portforward' || this.subresource === 'exec' || this.subresource === 'attach')
          return 'connect'
        if (this.name !== '') return 'get'
        return this.#search.includes('watch') && isTrue(this.query.get('watch')) ? 'watch' : 'list'
    }
  }
}

/** `/namespaces/x/status` and `/namespaces/x/finalize` are subresources of the namespace itself. */
function isNamespaceSubresource(parts: readonly string[], at: number): boolean {
  const third = parts[at + 2]
  return parts.length === at + 3 && (third === 'status' || third === 'finalize')
}

/** As a whole: an escaped slash is a slash. */
function decode(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path // what is no UTF-8 names nothing that exists
  }
}

/** A switch in a query: on where it is there at all, unless it says no. */
export const isTrue = (value: string | null): boolean =>
  value !== null && value !== '0' && value.toLowerCase() !== 'false'

/** Whether a path has a percent sign that begins no escape. */
export const hasBadEscape = (path: string): boolean => path.includes('%') && /%(?![\da-f]{2})/i.test(path)

export const parseRequest = (method: string, url: string): KubeRequest => new ParsedRequest(method, url)
