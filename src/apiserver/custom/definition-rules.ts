/**
 * What a definition may say. Where all versions say the same of something, the real server knows it once, at the top,
 * and names it so. Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
 */
import { deepEqual } from '../../kube/object.ts'
import { duplicate, forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems, subdomainProblems } from '../../kube/syntax.ts'
import { addressCauses, reviewVersionCauses } from '../rules/webhook-client.ts'
import type { CustomResourceDefinition, CustomVersion, PrinterColumn } from './definition-of.ts'
import { schemaCauses } from './schema-rules.ts'
import { defaultCauses, structuralCauses } from './structural-rules.ts'
import type { JsonSchema } from './structural.ts'

type Cause = Required<StatusCause>
type Spec = CustomResourceDefinition['spec']

export function definitionCauses(crd: CustomResourceDefinition, before?: CustomResourceDefinition): Cause[] {
  const { spec, metadata } = crd
  const versions = (spec.versions as readonly CustomVersion[] | null) ?? []
  const { plural } = spec.names
  const name = `${plural}.${spec.group}`
  return [
    ...(metadata.name === name || before !== undefined
      ? []
      : [invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...groupCauses(spec.group),
    ...choiceCauses('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...versions.flatMap(({ schema }, index) =>
      schema?.openAPIV3Schema === undefined ? [required(`spec.versions[${index}].schema.openAPIV3Schema`)] : [],
    ),
    ...versionCauses(versions, before),
    ...nameCauses(spec.names),
    ...conversionCauses(spec.conversion),
    ...(before === undefined ? storedVersionCauses(versions) : immutableCauses(spec, before.spec)),
    ...(before === undefined ? approvalCauses(spec.group, metadata.annotations) : []),
    ...((spec as { preserveUnknownFields?: boolean }).preserveUnknownFields === true && before === undefined
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
  if (value === undefined || value === '') return [required(path)]
  return accepted.includes(value) ? [] : [notSupported(path, value, accepted)]
}

/** Those parts of a version that move to the top where all versions agree on them. */
const shared = {
  schema: 'validation',
  subresources: 'subresources',
  additionalPrinterColumns: 'additionalPrinterColumns',
  selectableFields: 'selectableFields',
} as const

function versionCauses(versions: readonly CustomVersion[], before: CustomResourceDefinition | undefined): Cause[] {
  const agreed = (part: keyof typeof shared): boolean =>
    versions.every((version) => deepEqual(version[part], versions[0]?.[part]))
  const unchanged = (version: CustomVersion): boolean =>
    before?.spec.versions.some((old) => deepEqual(old.schema, version.schema)) === true
  const partCauses = (version: CustomVersion, at: (part: keyof typeof shared) => string | undefined): Cause[] => {
    const { schema, subresources, columns, fields } = {
      schema: at('schema'),
      subresources: at('subresources'),
      columns: at('additionalPrinterColumns'),
      fields: at('selectableFields'),
    }
    const openApi = version.schema?.openAPIV3Schema
    return [
      ...(schema === undefined || openApi === undefined || unchanged(version)
        ? []
        : wholeSchemaCauses(openApi, `${schema}.openAPIV3Schema`)),
      ...(subresources === undefined ? [] : scaleCauses(version, `${subresources}.scale`)),
      ...(columns === undefined ? [] : columnCauses(version.additionalPrinterColumns, columns)),
      ...(fields === undefined ? [] : selectableCauses(version, fields)),
    ]
  }
  const spelled = (path: string, name: string): Cause[] => {
    const problems = label1035Problems(name)
    return problems.length === 0 ? [] : [invalidValue(path, name, problems.join(','))]
  }
  const each = versions.flatMap((version, index) => [
    ...spelled(`spec.versions[${index}].name`, version.name),
    ...partCauses(version, (part) => (agreed(part) ? undefined : `spec.versions[${index}].${part}`)),
  ])
  const [first] = versions
  const top =
    first === undefined ? [] : partCauses(first, (part) => (agreed(part) ? `spec.${shared[part]}` : undefined))
  return [...each, ...flagCauses(versions), ...(first === undefined ? [] : spelled('spec.version', first.name)), ...top]
}

function flagCauses(versions: readonly CustomVersion[]): Cause[] {
  const shown = versions.map(({ name, served, storage, deprecated = false, deprecationWarning = null }) => ({
    Name: name,
    Served: served,
    Storage: storage,
    Deprecated: deprecated,
    DeprecationWarning: deprecationWarning,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))
  return [
    ...(new Set(versions.map(({ name }) => name)).size === versions.length
      ? []
      : [invalidValue('spec.versions', shown, 'must contain unique version names')]),
    ...(versions.filter(({ storage }) => storage).length === 1
      ? []
      : [invalidValue('spec.versions', shown, 'must have exactly one version marked as storage version')]),
  ]
}

function wholeSchemaCauses(schema: JsonSchema, path: string): Cause[] {
  const openApi = schemaCauses(schema, path, false)
  // What can't be read as a structural schema at all is not looked at as one.
  if (openApi.some(({ message }) => message.endsWith('is not supported'))) return openApi
  const structural = structuralCauses(schema, path)
  const causes = structural.length > 0 ? structural : defaultCauses(schema, path)
  return [...causes, ...schemaCauses(schema, path, causes.length === 0)]
}

function simplePath(path: string, at: string): Cause[] {
  return path.startsWith('.') ? [] : [invalidValue(at, path, 'must be a simple json path starting with .')]
}

function scaleCauses({ subresources }: CustomVersion, path: string): Cause[] {
  const scale = subresources?.scale
  if (scale === undefined) return []
  const under = (name: 'specReplicasPath' | 'statusReplicasPath', parent: string): Cause[] => {
    const [value, at] = [(scale[name] as string | undefined) ?? '', `${path}.${name}`]
    if (value === '') return [required(at)]
    const wrong = simplePath(value, at)
    if (wrong.length > 0 || value.startsWith(`${parent}.`)) return wrong
    return [invalidValue(at, value, `should be a json path under ${parent}`)]
  }
  return [...under('specReplicasPath', '.spec'), ...under('statusReplicasPath', '.status')]
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']

const columnCauses = (columns: readonly PrinterColumn[] = [], path: string): Cause[] =>
  columns.flatMap(({ name, type, jsonPath }, index) => {
    const at = `${path}[${index}]`
    const types = `must be one of ${columnTypes.join(',')}`
    return [
      ...(name ? [] : [required(`${at}.name`)]),
      ...(type ? [] : [required(`${at}.type`, types)]),
      ...(type && !columnTypes.includes(type) ? [invalidValue(`${at}.type`, type, types)] : []),
      ...(jsonPath ? simplePath(jsonPath, `${at}.JSONPath`) : [required(`${at}.JSONPath`)]),
    ]
  })

function selectableCauses({ schema, selectableFields = [] }: CustomVersion, path: string): Cause[] {
  const seen = new Set<string>()
  return selectableFields.flatMap(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`
    if (!jsonPath) return [required(at)]
    const names = jsonPath.replace(/^\./, '').split('.')
    const found = names.reduce<JsonSchema | undefined>(
      (part, name) => part?.properties?.[name],
      schema?.openAPIV3Schema,
    )
    if (found === undefined) return [invalidValue(at, jsonPath, 'is an invalid path: does not refer to a valid field')]
    const causes: Cause[] = []
    if (names[0] === 'metadata') causes.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.type ?? ''))
      causes.push(
        invalidValue(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      )
    if (seen.has(jsonPath)) causes.push(duplicate(at, jsonPath))
    seen.add(jsonPath)
    return causes
  })
}

function nameCauses(names: Spec['names']): Cause[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names
  const missing = (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((name) => !names[name])
    .map((name) => required(`spec.names.${name}`))
  const spelled = (path: string, name: string | undefined, lower: boolean): Cause[] => {
    const problems = name ? label1035Problems(lower ? name.toLowerCase() : name) : []
    const text = `${lower ? 'may have mixed case, but should otherwise match: ' : ''}${problems.join(',')}`
    return problems.length === 0 ? [] : [invalidValue(`spec.names.${path}`, name, text)]
  }
  return [
    ...missing,
    ...spelled('plural', plural, false),
    ...spelled('singular', singular, false),
    ...spelled('kind', kind, true),
    ...spelled('listKind', listKind, true),
    ...shortNames.flatMap((name, index) => spelled(`shortNames[${index}]`, name, false)),
    ...(kind && kind === listKind
      ? [invalidValue('spec.names.listKind', listKind, 'kind and listKind may not be the same')]
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
    return clientConfig === undefined
      ? strategy
      : [...strategy, forbiddenValue(config, 'should not be set when strategy is not set to Webhook')]
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
