/** How names, labels and values are spelled, in the words of k8s.io/apimachinery/pkg/util/validation. */

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const namePartText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/** What is wrong with a text, each in one sentence; empty when nothing is. */
export type Syntax = (text: string) => string[]

const spelled =
  (pattern: RegExp, explanation: string, max: number): Syntax =>
  (text) => [
    ...(text.length > max ? [`must be no more than ${max} characters`] : []),
    ...(pattern.test(text) ? [] : [explanation]),
  ]

/** A DNS subdomain: what most objects are called. */
export const subdomainProblems = spelled(subdomain, subdomainText, 253)

/** All names below a domain: `*.example.com`. Source: IsWildcardDNS1123Subdomain. */
export const wildcardProblems = spelled(
  /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  253,
)

/** A subdomain with underscores: where resolvers look for names. Source: IsDNS1123SubdomainWithUnderscore. */
export const underscoredProblems = spelled(
  /^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
  253,
)

/** A DNS label: namespaces, containers, volumes. */
export const labelProblems: Syntax = (text) =>
  text.length <= 63 && !label.test(text) && subdomain.test(text)
    ? ['must not contain dots']
    : spelled(label, labelText, 63)(text)

/** A DNS label of RFC 1035: names in definitions of custom resources. */
export const label1035Problems = spelled(
  /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  63,
)

/** The name of a port. Source: IsValidPortName. */
export const portNameProblems: Syntax = (text) => [
  ...(text.length > 15 ? ['must be no more than 15 characters'] : []),
  ...(/^[-a-z0-9]+$/.test(text) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(text) ? [] : ['must contain at least one letter (a-z)']),
  ...(text.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(text.startsWith('-') || text.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
]

export const labelValueProblems: Syntax = (text) => [
  ...(text.length > 63 ? ['must be no more than 63 bytes'] : []),
  ...(labelValue.test(text) ? [] : [labelValueText]),
]

/** `prefix/name`: the prefix a DNS subdomain, the name of 63 characters at most. Keys of labels, annotations, taints. */
export const qualifiedNameProblems: Syntax = (text) => {
  const parts = text.split('/')
  if (parts.length > 2)
    return [
      `a valid label key ${namePartText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const name = parts.at(-1) as string
  const [prefix] = parts.length === 2 ? parts : [undefined]
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix !== undefined && prefix !== '' && !subdomain.test(prefix) ? [`prefix part ${subdomainText}`] : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(namePart.test(name) ? [] : [`name part ${namePartText}`]),
  ]
}
