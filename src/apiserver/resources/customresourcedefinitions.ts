import { column } from '../columns.ts'
import { compileRule } from '../custom/cel.ts'
import type { CustomResourceDefinition } from '../custom/definition-of.ts'
import type { JsonSchema } from '../custom/structural.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { addressCauses, reviewVersionCauses } from '../rules/webhook-client.ts'
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'

type Cause = Required<StatusCause>

const versionsOf = (crd: KubeObject): CustomResourceDefinition['spec']['versions'] =>
  (isRecord(crd.spec) ? (crd as CustomResourceDefinition).spec.versions : undefined) ?? []

/** Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go. */
function withDefaults(object: KubeObject): KubeObject {
  if (!isRecord(object.spec)) return object
  const crd = object as CustomResourceDefinition
  const { names } = crd.spec
  return {
    ...crd,
    spec: {
      ...crd.spec,
      names: {
        ...names,
        singular: names.singular ?? names.kind.toLowerCase(),
        listKind: names.listKind ?? `${names.kind}List`,
      },
      conversion: crd.spec.conversion ?? { strategy: 'None' },
    },
  }
}

/** Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation. */
function validate(object: KubeObject, before?: KubeObject): Cause[] {
  if (!isRecord(object.spec)) return [required('spec')]
  const crd = object as CustomResourceDefinition
  const { group = '', names, scope } = crd.spec
  const versions = (crd.spec.versions as CustomResourceDefinition['spec']['versions'] | null) ?? []
  const causes: Cause[] = []
  const name = `${names.plural}.${group}`
  if (crd.metadata.name !== name)
    causes.push(invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  if (group === '') causes.push(required('spec.group'))
  if (names.plural === '') causes.push(required('spec.names.plural'))
  if (names.kind === '') causes.push(required('spec.names.kind'))
  if (!['Namespaced', 'Cluster'].includes(scope))
    causes.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  if (versions.filter(({ storage }) => storage).length !== 1)
    causes.push(
      invalidValue(
        'spec.versions',
        versions.map(({ name }) => name),
        'must have exactly one version marked as storage version',
      ),
    )
  for (const [index, version] of versions.entries()) {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    const schema = version.schema?.openAPIV3Schema
    if (schema === undefined) causes.push(required(path))
    else {
      if (schema.type !== 'object') causes.push(required(`${path}.type`, 'must not be empty at the root'))
      causes.push(...structuralProblems(schema, path))
    }
  }
  causes.push(...conversionProblems(crd.spec.conversion))
  if (before !== undefined) {
    const old = before as CustomResourceDefinition
    for (const field of ['group', 'scope'] as const)
      if (old.spec[field] !== crd.spec[field])
        causes.push(invalidValue(`spec.${field}`, crd.spec[field], 'field is immutable'))
    if (old.spec.names.plural !== names.plural)
      causes.push(invalidValue('spec.names.plural', names.plural, 'field is immutable'))
  }
  return causes
}

function conversionProblems(conversion: CustomResourceDefinition['spec']['conversion']): Cause[] {
  const [config, versions] = ['webhookClientConfig', 'conversionReviewVersions'].map(
    (field) => `spec.conversion.${field}`,
  ) as [string, string]
  const { clientConfig, conversionReviewVersions } = conversion?.webhook ?? {}
  if (conversion?.strategy !== 'Webhook')
    return clientConfig === undefined
      ? []
      : [forbiddenValue(config, 'should not be set when strategy is not set to Webhook')]
  const causes: Cause[] = []
  if (clientConfig === undefined) causes.push(required(config, 'required when strategy is set to Webhook'))
  else causes.push(...addressCauses(clientConfig, config))
  return [...causes, ...reviewVersionCauses(conversionReviewVersions, versions)]
}

/** The rules of structural schemas that a definition most often breaks, and CEL rules that don't compile. */
function structuralProblems(schema: JsonSchema, path: string): Cause[] {
  const causes: Cause[] = []
  const below = (part: unknown, at: string): void => {
    if (isRecord(part)) causes.push(...typed(part, at), ...structuralProblems(part, at))
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) below(property, `${path}.properties[${name}]`)
  if (schema.items !== undefined) below(schema.items, `${path}.items`)
  else if (schema.type === 'array') causes.push(required(`${path}.items`, 'must be specified'))
  if (isRecord(schema.additionalProperties)) {
    if (schema.properties !== undefined)
      causes.push(
        forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
      )
    below(schema.additionalProperties, `${path}.additionalProperties`)
  }
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    try {
      compileRule(rule)
    } catch (error) {
      causes.push(
        invalidValue(
          `${path}.x-kubernetes-validations[${index}].rule`,
          rule.rule,
          `compilation failed: ${(error as Error).message.split('\n')[0]}`,
        ),
      )
    }
  }
  if (schema['x-kubernetes-list-type'] === 'map' && (schema['x-kubernetes-list-map-keys'] ?? []).length === 0)
    causes.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
  return causes
}

function typed(schema: JsonSchema, path: string): Cause[] {
  const free = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true
  return schema.type !== undefined || free
    ? []
    : [required(`${path}.type`, 'must not be empty for specified object fields')]
}

export const customResourceDefinitions = builtIn({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  generation: true,
  deletionFinalizer: 'customresourcecleanup.apiextensions.k8s.io',
  defaults: withDefaults,
  complete: (crd) => ({
    ...crd,
    status: {
      ...(crd.status as object | undefined),
      storedVersions: versionsOf(crd)
        .filter(({ storage }) => storage)
        .map(({ name }) => name),
    },
  }),
  validate,
  columns: [column('Created At', 'string', '.metadata.creationTimestamp')],
})
