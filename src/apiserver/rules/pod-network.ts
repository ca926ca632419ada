/** How a pod finds others by name. Source: k8s.io/kubernetes/pkg/apis/core/validation, validatePodDNSConfig, ValidateHostAliases. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems, underscoredProblems } from '../../kube/syntax.ts'
import { addressProblems } from './address.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

interface Config {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly { readonly name?: string }[]
}

const nameserversMax = 3
const searchesMax = 32
const searchCharactersMax = 2048

export function dnsConfigCauses(given: unknown, policy: unknown, at: string): Cause[] {
  const own = policy === 'None'
  if (!isRecord(given)) return own ? [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')] : []
  const { nameservers = [], searches = [], options = [] } = given as Config
  if (own && nameservers.length === 0)
    return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  const tooMuch = (field: string, value: readonly string[], holds: boolean, what: string): Cause[] =>
    holds ? [invalidValue(`${at}.${field}`, value, `must not have more than ${what}`)] : []
  return [
    ...tooMuch('nameservers', nameservers, nameservers.length > nameserversMax, `${nameserversMax} nameservers`),
    ...nameservers.flatMap((ip, index) => spelled(`${at}.nameservers[${index}]`, ip, addressProblems)),
    ...tooMuch('searches', searches, searches.length > searchesMax, `${searchesMax} search paths`),
    ...tooMuch(
      'searches',
      searches,
      searches.join(' ').length > searchCharactersMax,
      `${searchCharactersMax} characters (including spaces) in the search list`,
    ),
    ...searches.flatMap((search, index) => searchCauses(`${at}.searches[${index}]`, search)),
    ...options.flatMap(({ name = '' }, index) =>
      name === '' ? [required(`${at}.options[${index}]`, 'must not be empty')] : [],
    ),
  ]
}

/** The root alone, and underscores, are what resolvers take as well. */
const searchCauses = (field: string, search: string): Cause[] =>
  search === '.' ? [] : spelled(field, search.replace(/\.$/, ''), underscoredProblems)

export const hostAliasCauses = (aliases: readonly Record<string, unknown>[], at: string): Cause[] =>
  aliases.flatMap(({ ip = '', hostnames = [] }, index) => [
    ...spelled(`${at}[${index}].ip`, ip as string, addressProblems),
    ...(hostnames as readonly string[]).flatMap((name, n) =>
      spelled(`${at}[${index}].hostnames[${n}]`, name, subdomainProblems),
    ),
  ])
