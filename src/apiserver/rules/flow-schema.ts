/** Which requests a FlowSchema may match. Source: k8s.io/kubernetes/pkg/apis/flowcontrol/validation. */
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { goShape } from './go-diff.ts'

type Cause = Required<StatusCause>

interface Named {
  readonly name: string
  readonly namespace?: string
}

interface Subject {
  readonly kind: string
  readonly user?: Named
  readonly group?: Named
  readonly serviceAccount?: Named
}

interface ResourceRule {
  readonly verbs: readonly string[] | null
  readonly apiGroups: readonly string[] | null
  readonly resources: readonly string[] | null
  readonly clusterScope?: boolean
  readonly namespaces?: readonly string[] | null
}

interface NonResourceRule {
  readonly verbs: readonly string[] | null
  readonly nonResourceURLs: readonly string[] | null
}

interface PolicyRules {
  readonly subjects: readonly Subject[] | null
  readonly resourceRules?: readonly ResourceRule[]
  readonly nonResourceRules?: readonly NonResourceRule[]
}

export interface FlowSchemaSpec {
  readonly priorityLevelConfiguration: { readonly name: string }
  readonly matchingPrecedence: number
  readonly distinguisherMethod?: { readonly type: string }
  readonly rules?: readonly PolicyRules[]
}

const precedenceMax = 10_000
const methods = ['ByNamespace', 'ByUser']
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const sources = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const

export function flowSchemaCauses(name: string, spec: FlowSchemaSpec): Cause[] {
  const { priorityLevelConfiguration: level, matchingPrecedence: precedence, distinguisherMethod: method } = spec
  const refused = (text: string): Cause => invalidValue('spec.matchingPrecedence', precedence, text)
  return [
    ...(precedence <= 0 ? [refused('must be a positive value')] : []),
    ...(precedence > precedenceMax ? [refused(`must not be greater than ${precedenceMax}`)] : []),
    ...(precedence === 1 && name !== 'exempt'
      ? [refused("only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(method === undefined || methods.includes(method.type)
      ? []
      : [
          notSupported(
            'spec.distinguisherMethod.type',
            goShape('flowcontrol-v1.FlowDistinguisherMethod', method),
            methods,
          ),
        ]),
    ...(level.name === ''
      ? [required('spec.priorityLevelConfiguration.name', 'must reference a priority level')]
      : spelled('spec.priorityLevelConfiguration.name', level.name, subdomainProblems)),
    ...(spec.rules ?? []).flatMap((rules, index) => rulesCauses(`spec.rules[${index}]`, rules)),
  ]
}

function rulesCauses(path: string, { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRules): Cause[] {
  const known = subjects ?? []
  return [
    ...(known.length === 0 ? [required(`${path}.subjects`, 'subjects must contain at least one value')] : []),
    ...known.flatMap((subject, index) => subjectCauses(`${path}.subjects[${index}]`, subject)),
    ...(resourceRules.length + nonResourceRules.length === 0
      ? [required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((rule, index) => resourceRuleCauses(`${path}.resourceRules[${index}]`, rule)),
    ...nonResourceRules.flatMap((rule, index) => nonResourceRuleCauses(`${path}.nonResourceRules[${index}]`, rule)),
  ]
}

function subjectCauses(path: string, subject: Subject): Cause[] {
  const { kind } = subject
  if (!(kind in sources)) return [notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User'])]
  const own = sources[kind as keyof typeof sources]
  const others = Object.entries(sources).filter(([other, field]) => other !== kind && subject[field] !== undefined)
  const named = subject[own]
  return [
    ...(named === undefined
      ? [required(`${path}.${own}`, `${own} is required when subject kind is '${kind}'`)]
      : [
          ...(named.name === '' ? [required(`${path}.${own}.name`)] : []),
          ...(own === 'serviceAccount' ? accountCauses(`${path}.${own}`, named) : []),
        ]),
    ...others.map(([other, field]) =>
      forbiddenValue(`${path}.${field}`, `${field} is forbidden when subject kind is not '${other}'`),
    ),
  ]
}

const accountCauses = (path: string, { name, namespace = '' }: Named): Cause[] => [
  ...(name === '' || name === '*' ? [] : spelled(`${path}.name`, name, subdomainProblems)),
  ...(namespace === ''
    ? [required(`${path}.namespace`, 'must specify namespace for service account')]
    : spelled(`${path}.namespace`, namespace, labelProblems)),
]

/** Everything stands alone. */
const aloneCauses = (field: string, values: readonly string[], what: string): Cause[] =>
  values.includes('*') && values.length > 1
    ? [invalidValue(field, values, `if '*' is present, must not specify other ${what}`)]
    : []

function verbCauses(field: string, given: readonly string[] | null): Cause[] {
  const values = given ?? []
  if (values.length === 0) return [required(field, 'verbs must contain at least one value')]
  if (values.includes('*')) return aloneCauses(field, values, 'verbs')
  return values.every((verb) => verbs.includes(verb)) ? [] : [notSupported(field, values, verbs)]
}

function resourceRuleCauses(path: string, rule: ResourceRule): Cause[] {
  const [groups, resources, namespaces] = [rule.apiGroups ?? [], rule.resources ?? [], rule.namespaces ?? []]
  return [
    ...verbCauses(`${path}.verbs`, rule.verbs),
    ...(groups.length === 0
      ? [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]
      : aloneCauses(`${path}.apiGroups`, groups, 'api groups')),
    ...(resources.length === 0
      ? [required(`${path}.resources`, 'resource rules must supply at least one resource')]
      : aloneCauses(`${path}.resources`, resources, 'resources')),
    ...(namespaces.length === 0 && rule.clusterScope !== true
      ? [
          required(
            `${path}.namespaces`,
            'resource rules that are not cluster scoped must supply at least one namespace',
          ),
        ]
      : namespaces.includes('*')
        ? aloneCauses(`${path}.namespaces`, namespaces, 'namespaces')
        : namespaces.flatMap((namespace, index) =>
            labelProblems(namespace).map((problem) =>
              invalidValue(
                `${path}.namespaces[${index}]`,
                namespace,
                `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
              ),
            ),
          )),
  ]
}

function nonResourceRuleCauses(path: string, rule: NonResourceRule): Cause[] {
  const urls = rule.nonResourceURLs ?? []
  const field = `${path}.nonResourceURLs`
  return [
    ...verbCauses(`${path}.verbs`, rule.verbs),
    ...(urls.length === 0
      ? [required(field, 'nonResourceURLs must contain at least one value')]
      : urls.includes('*')
        ? aloneCauses(field, urls, 'non-resource URLs')
        : urls.flatMap((url, index) => {
            const problem = urlProblem(url)
            return problem === undefined ? [] : [invalidValue(`${field}[${index}]`, url, problem)]
          })),
  ]
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const wildcards = url.split('*').length - 1
  return wildcards > 1 || (wildcards === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}
