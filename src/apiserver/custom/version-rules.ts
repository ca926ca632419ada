/**
 * The versions of a definition. Where all say the same of something, the real server knows it once, at the top, and
 * names it so. Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
 */
import { deepEqual } from '../../kube/object.ts'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems } from '../../kube/syntax.ts'
import type { CustomResourceDefinition, CustomVersion, PrinterColumn } from './definition-of.ts'
import { rootCauses } from './root-schema.ts'
import { isUnreadable, schemaCauses } from './schema-rules.ts'
import { defaultCauses, structuralCauses } from './structural-rules.ts'
import type { JsonSchema } from './structural.ts'

type Cause = Required<StatusCause>
type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'

/** Where a part is said to be once all versions agree on it. */
const shared: Readonly<Record<Part, string>> = {
  schema: 'spec.validation',
  subresources: 'spec.subresources',
  additionalPrinterColumns: 'spec.additionalPrinterColumns',
  selectableFields: 'spec.selectableFields',
}
const parts = Object.keys(shared) as Part[]

const partCauses: Readonly<Record<Part, (version: CustomVersion, path: string) => Cause[]>> = {
  schema: ({ schema, subresources }, path) => {
    const root = schema?.openAPIV3Schema
    if (root === undefined) return []
    const at = `${path}.openAPIV3Schema`
    return [...(subresources?.status === undefined ? [] : rootCauses(root, at)), ...wholeSchemaCauses(root, at)]
  },
  subresources: (version, path) => scaleCauses(version, `${path}.scale`),
  additionalPrinterColumns: ({ additionalPrinterColumns }, path) => columnCauses(additionalPrinterColumns, path),
  selectableFields: selectableCauses,
}

/** `said` is the list as it was sent. */
export function versionCauses(
  versions: readonly CustomVersion[],
  said: unknown,
  before?: CustomResourceDefinition,
): Cause[] {
  const [first] = versions
  const isShared = (part: Part): boolean => versions.every((version) => deepEqual(version[part], first?.[part]))
  // A schema that was taken once is not looked at again.
  const isKnown = (version: CustomVersion, part: Part): boolean =>
    part === 'schema' && before?.spec.versions.some(({ schema }) => deepEqual(schema, version.schema)) === true
  const causesOf = (version: CustomVersion, due: readonly Part[], path: (part: Part) => string): Cause[] =>
    due.filter((part) => !isKnown(version, part)).flatMap((part) => partCauses[part](version, path(part)))
  const own = parts.filter((part) => !isShared(part))
  const each = versions.flatMap((version, index) => [
    ...versionNameCauses(`spec.versions[${index}].name`, version.name),
    ...deprecationCauses(version, `spec.versions[${index}].deprecationWarning`),
    ...causesOf(version, own, (part) => `spec.versions[${index}].${part}`),
  ])
  if (first === undefined) return flagCauses(versions, said ?? null)
  return [
    ...each,
    ...flagCauses(versions, said),
    ...(first.name === '' ? [] : versionNameCauses('spec.version', first.name)),
    ...causesOf(first, parts.filter(isShared), (part) => shared[part]),
  ]
}

const deprecationCauses = ({ deprecated, deprecationWarning }: CustomVersion, at: string): Cause[] =>
  deprecationWarning === undefined || deprecated === true
    ? []
    : [invalidValue(at, deprecationWarning, 'can only be set for deprecated versions')]

function versionNameCauses(path: string, name: string): Cause[] {
  const problems = label1035Problems(name)
  return problems.length === 0 ? [] : [invalidValue(path, name, problems.join(','))]
}

function flagCauses(versions: readonly CustomVersion[], said: unknown): Cause[] {
  const list = versions.map(({ name, served, storage, deprecated = false, deprecationWarning = null }) => ({
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
  const shown = list.length === 0 ? said : list
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
  // What can't be read as a structural schema at all is not looked at as one.
  if (isUnreadable(schema)) return schemaCauses(schema, path, false)
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
  return [
    ...under('specReplicasPath', '.spec'),
    ...under('statusReplicasPath', '.status'),
    ...selectorPathCauses(scale.labelSelectorPath ?? '', `${path}.labelSelectorPath`),
  ]
}

function selectorPathCauses(path: string, at: string): Cause[] {
  if (path === '') return []
  const wrong = simplePath(path, at)
  return wrong.length > 0 || /^\.(spec|status)\./.test(path)
    ? wrong
    : [invalidValue(at, path, 'should be a json path under either .spec or .status')]
}

const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']

const columnCauses = (columns: readonly PrinterColumn[] = [], path: string): Cause[] =>
  columns.flatMap(({ name, type, jsonPath, format = '' }, index) => {
    const at = `${path}[${index}]`
    const types = `must be one of ${columnTypes.join(',')}`
    return [
      ...(name ? [] : [required(`${at}.name`)]),
      ...(type ? [] : [required(`${at}.type`, types)]),
      ...(type && !columnTypes.includes(type) ? [invalidValue(`${at}.type`, type, types)] : []),
      ...(format === '' || columnFormats.includes(format)
        ? []
        : [invalidValue(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`)]),
      ...(jsonPath ? simplePath(jsonPath, `${at}.JSONPath`) : [required(`${at}.JSONPath`)]),
    ]
  })

function selectableCauses({ schema, selectableFields = [] }: CustomVersion, path: string): Cause[] {
  const seen = new Set<string>()
  if (selectableFields.length > 0 && schema?.openAPIV3Schema === undefined)
    return [invalidValue(path, '', 'may only be set when validations.schema is included')]
  return selectableFields.flatMap(({ jsonPath }, index) => {
    const at = `${path}[${index}].jsonPath`
    if (!jsonPath) return [required(at)]
    const [begun = ''] = jsonPath
    if (begun !== '.' && begun !== '[')
      return [invalidValue(at, jsonPath, `is an invalid path: expected [ or . but got: ${jsonPath}`)]
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
