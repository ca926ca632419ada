/** What a definition may say. Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation. */
import { sentAs } from '../../kube/types/said-empty.ts'
import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems, subdomainProblems } from '../../kube/syntax.ts'
import { addressCauses, reviewVersionCauses } from '../rules/webhook-client.ts'
import type { CustomResourceDefinition, CustomVersion } from './definition-of.ts'
import { versionCauses } from './version-rules.ts'
import { oneOf } from '../rules/causes.ts'

type Cause = Required<StatusCause>
type Spec = CustomResourceDefinition['spec']

export function definitionCauses(crd: CustomResourceDefinition, before?: CustomResourceDefinition): Cause[] {
  const { spec, metadata } = crd
  const versions = (spec.versions as readonly CustomVersion[] | null) ?? []
  const { plural } = spec.names
  const name = `${plural}.${spec.group}`
  // Who it is has been looked at when it was new.
  const named =
    before === undefined
      ? ([
          ['generateName', metadata.generateName ?? ''],
          ['name', metadata.name ?? ''],
        ] as const)
      : []
  return [
    ...named
      .filter(([, given]) => given !== '' && given !== name)
      .map(([field, given]) => invalidValue(`metadata.${field}`, given, 'must be spec.names.plural+"."+spec.group')),
    ...groupCauses(spec.group),
    ...choiceCauses('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...versions.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema === undefined ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)] : [],
    ),
    ...versionCauses(versions, sentAs(spec, 'versions'), before),
    ...missingNames(spec.names),
    ...nameCauses('spec.names', spec.names),
    ...((spec as { preserveUnknownFields?: boolean }).preserveUnknownFields === true &&
    spec.conversion !== undefined &&
    spec.conversion.strategy !== 'None'
      ? [
          invalidValue(
            'spec.conversion.strategy',
            spec.conversion.strategy,
            'must be None if spec.preserveUnknownFields is true',
          ),
        ]
      : []),
    ...conversionCauses(spec.conversion),
    ...(before === undefined
      ? storedVersionCauses(versions)
      : [...immutableCauses(spec, before.spec), ...missingVersionCauses(versions, before.status?.storedVersions)]),
    ...(before === undefined ? approvalCauses(spec.group, metadata.annotations) : []),
    ...((spec as { preserveUnknownFields?: boolean }).preserveUnknownFields === true &&
    (before?.spec as { preserveUnknownFields?: boolean } | undefined)?.preserveUnknownFields !== true
      ? [
          invalidValue(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ]
}

function groupCauses(group = ''): Cause[] {
  if (group === '') return [required('spec.group')]
  const problems = subdomainProblems(group)
  if (problems.length > 0) return [invalidValue('spec.group', group, problems.join(','))]
  return group.includes('.') ? [] : [invalidValue('spec.group', group, 'should be a domain with at least one dot')]
}

/** Source: validateEnumStrings. */
function choiceCauses(path: string, value: string | undefined, accepted: readonly string[]): Cause[] {
  return value === undefined || value === '' ? [required(path)] : oneOf(path, value, accepted)
}

const missingNames = (names: Spec['names']): Cause[] =>
  (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((name) => !names[name])
    .map((name) => required(`spec.names.${name}`))

/** Those that are asked for, or those that have been accepted. */
export function nameCauses(at: string, names: Partial<Spec['names']>): Cause[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names
  const spelled = (path: string, name: string | undefined, lower: boolean): Cause[] => {
    const problems = name === undefined ? [] : label1035Problems(lower ? name.toLowerCase() : name)
    const text = `${lower ? 'may have mixed case, but should otherwise match: ' : ''}${problems.join(',')}`
    return problems.length === 0 ? [] : [invalidValue(`${at}.${path}`, name, text)]
  }
  return [
    ...spelled('plural', plural || undefined, false),
    ...spelled('singular', singular || undefined, false),
    ...spelled('kind', kind || undefined, true),
    ...spelled('listKind', listKind || undefined, true),
    ...shortNames.flatMap((name, index) => spelled(`shortNames[${index}]`, name, false)),
    ...(kind && kind === listKind
      ? [invalidValue(`${at}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, index) => spelled(`categories[${index}]`, name, false)),
  ]
}

function conversionCauses(conversion: Spec['conversion']): Cause[] {
  if (conversion === undefined) return []
  const [config, versions] = ['webhookClientConfig', 'conversionReviewVersions'].map(
    (field) => `spec.conversion.${field}`,
  ) as [string, string]
  const { clientConfig, conversionReviewVersions } = conversion.webhook ?? {}
  const strategy = choiceCauses('spec.conversion.strategy', conversion.strategy, ['None', 'Webhook'])
  if (conversion.strategy !== 'Webhook')
    return [
      ...strategy,
      ...[
        ...(clientConfig === undefined ? [] : [config]),
        ...((conversionReviewVersions ?? []).length === 0 ? [] : [versions]),
      ].map((field) => forbiddenValue(field, 'should not be set when strategy is not set to Webhook')),
    ]
  return [
    ...(clientConfig === undefined
      ? [required(config, 'required when strategy is set to Webhook')]
      : addressCauses(clientConfig, config)),
    ...reviewVersionCauses(conversionReviewVersions, versions),
  ]
}

/** What is stored is stored in some version: the first that says so. */
function storedVersionCauses(versions: readonly CustomVersion[]): Cause[] {
  const [first, ...others] = versions.filter(({ storage }) => storage)
  const at = 'status.storedVersions'
  if (first === undefined) return [invalidValue(at, null, 'must have at least one stored version')]
  return others
    .filter(({ name }) => name !== first.name)
    .map(({ name }) => invalidValue(at, [first.name], `must have the storage version ${name}`))
}

/** What may still be stored in a version needs that version. */
const missingVersionCauses = (versions: readonly CustomVersion[], stored: readonly string[] = []): Cause[] =>
  stored.flatMap((version, index) =>
    versions.some(({ name }) => name === version)
      ? []
      : [
          invalidValue(
            `status.storedVersions[${index}]`,
            version,
            `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
          ),
        ],
  )

function immutableCauses(spec: Spec, old: Spec): Cause[] {
  const changed = (path: string, now: unknown, was: unknown): Cause[] =>
    deepEqual(now, was) ? [] : [invalidValue(path, now, 'field is immutable')]
  return [
    ...changed('spec.scope', spec.scope, old.scope),
    ...changed('spec.names.kind', spec.names.kind, old.names.kind),
    ...changed('spec.group', spec.group, old.group),
    ...changed('spec.names.plural', spec.names.plural, old.names.plural),
  ]
}

const approval = 'api-approved.kubernetes.io'

/** The groups of Kubernetes itself are spoken for. Source: pkg/apihelpers. */
function approvalCauses(group: string, annotations: Readonly<Record<string, string>> = {}): Cause[] {
  const isProtected = ['k8s.io', 'kubernetes.io'].some((owner) => group === owner || group.endsWith(`.${owner}`))
  if (!isProtected) return []
  const { [approval]: said = '' } = annotations
  if (said.startsWith('unapproved') || (URL.canParse(said) && new URL(said).host !== '')) return []
  const [at, see] = [`metadata.annotations[${approval}]`, 'see https://github.com/kubernetes/enhancements/pull/1111']
  const need = `protected groups must have approval annotation "${approval}"`
  return said === ''
    ? [required(at, `${need}, ${see}`)]
    : [invalidValue(at, said, `${need} with either a URL or a reason starting with "unapproved", ${see}`)]
}
