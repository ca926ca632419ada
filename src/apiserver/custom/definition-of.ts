/** What a CustomResourceDefinition makes the server serve: one resource for each served version. */
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOf } from '../../kube/types/tables.ts'
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { ageColumn, compilePath, type Column } from '../columns.ts'
import { created } from '../table.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import type { WebhookClientConfig } from '../webhook-call.ts'
import { conversionWebhook, type Convert } from './conversion.ts'
import { prune, withDefaults } from './prune.ts'
import { mergeSchemaOf, structuralOf, type JsonSchema } from './structural.ts'
import { scaleRules } from './scale-rules.ts'
import { validateCustom, validateStatus } from './validate.ts'

export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly priority?: number
  readonly description?: string
  readonly format?: string
}

export interface CustomVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema }
  readonly subresources?: {
    readonly status?: object
    readonly scale?: {
      readonly specReplicasPath: string
      readonly statusReplicasPath: string
      readonly labelSelectorPath?: string
    }
  }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: {
      readonly plural: string
      readonly singular?: string
      readonly kind: string
      readonly listKind?: string
      readonly shortNames?: readonly string[]
      readonly categories?: readonly string[]
    }
    readonly versions: readonly CustomVersion[]
    readonly conversion?: {
      readonly strategy: 'None' | 'Webhook'
      readonly webhook?: {
        readonly clientConfig?: WebhookClientConfig
        /** Null where nobody gave any: Go prints lists that way. */
        readonly conversionReviewVersions?: readonly string[] | null
      }
    }
  }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly lastTransitionTime?: string
    }[]
    readonly acceptedNames?: object
    readonly storedVersions?: readonly string[]
  }
}

/** Newest first, as clients are to prefer them: v2, v1, v1beta2, v1beta1, v1alpha1, then the rest by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)]
  for (let i = 0; i < left.length; i++) {
    const difference = (right[i] as number) - (left[i] as number)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}

function rank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return [0, 0, 0]
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stability, Number(match[1]), Number(match[3] ?? 0)]
}

/** What a definition stands for. */
export interface Definitions {
  /** What its objects are stored as, served or not. */
  readonly storage: ResourceDefinition
  readonly served: readonly ResourceDefinition[]
}

export function definitionsOf(crd: CustomResourceDefinition, clock: Clock, random: Random): Definitions {
  const { strategy, webhook } = crd.spec.conversion ?? {}
  const convert =
    strategy === 'Webhook' && webhook?.clientConfig !== undefined && crd.spec.versions.length > 1
      ? conversionWebhook(webhook.clientConfig, webhook.conversionReviewVersions ?? [], clock, random)
      : undefined
  const storageVersion = crd.spec.versions.find(({ storage }) => storage) as CustomVersion
  const known = new Map<string, ResourceDefinition>()
  const sibling = (apiVersion: string): ResourceDefinition | undefined => {
    const there = known.get(apiVersion)
    if (there !== undefined) return there
    const version = crd.spec.versions.find(
      ({ name }) => apiVersionOf({ group: crd.spec.group, version: name }) === apiVersion,
    )
    return version === undefined ? undefined : inVersion(version)
  }
  const several = crd.spec.versions.length > 1 ? { sibling } : {}
  const inVersion = (version: CustomVersion): ResourceDefinition => {
    const made = {
      ...definitionOf(crd, version, version === storageVersion ? undefined : storage, convert),
      ...several,
    }
    known.set(apiVersionOf(made), made)
    return made
  }
  const storage = inVersion(storageVersion)
  const served = crd.spec.versions
    .filter((version) => version.served)
    .map((version) => (version === storageVersion ? storage : inVersion(version)))
    .sort((a, b) => compareVersions(a.version, b.version))
  return { storage, served }
}

function definitionOf(
  crd: CustomResourceDefinition,
  version: CustomVersion,
  storage: ResourceDefinition | undefined,
  convert: Convert | undefined,
): ResourceDefinition {
  const { group, names, scope } = crd.spec
  const node = structuralOf(
    version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  )
  const { name } = version
  const { scale, status } = version.subresources ?? {}
  const replicas = scale === undefined ? () => [] : scaleRules(scale)
  return {
    group,
    version: name,
    resource: names.plural,
    kind: names.kind,
    singular: names.singular ?? names.kind.toLowerCase(),
    namespaced: scope === 'Namespaced',
    ...(names.shortNames === undefined ? {} : { shortNames: names.shortNames }),
    ...(names.categories === undefined ? {} : { categories: names.categories }),
    status: status !== undefined,
    custom: true,
    generation: true,
    schema: mergeSchemaOf(node),
    openApi: version.schema?.openAPIV3Schema ?? { type: 'object' },
    conform: (object, report) => withMetadata(prune(node, object, report) as KubeObject, report),
    defaults: (object, keepsNulls) => withDefaults(node, object, keepsNulls) as KubeObject,
    validate: (object, before, subresource, _, metadata) =>
      subresource === 'status'
        ? validateStatus(node, object, before, replicas(object))
        : validateCustom(node, object, before, replicas(object), metadata),
    columns: columnsOf(version),
    fieldSelectors: Object.fromEntries(
      (version.selectableFields ?? []).map(({ jsonPath }) => {
        const read = compilePath(jsonPath)
        return [jsonPath.replace(/^\./, ''), (object: KubeObject) => String((read(object) as string | undefined) ?? '')]
      }),
    ),
    ...(scale === undefined ? {} : { scale }),
    ...(storage === undefined
      ? { mixed: (crd.status?.storedVersions ?? [name]).some((stored) => stored !== name) }
      : { storage }),
    ...(convert === undefined ? {} : { convert }),
    ...(version.deprecated === true
      ? { deprecationWarning: version.deprecationWarning ?? deprecationOf(crd, name) }
      : {}),
  }
}

/** Names the newest version that is to be used instead, if there is one. Source: apiextensions defaultDeprecationWarning. */
function deprecationOf({ spec: { group, names, versions } }: CustomResourceDefinition, version: string): string {
  const [newest] = versions
    .filter(({ name, served, deprecated }) => served && deprecated !== true && compareVersions(name, version) < 0)
    .map(({ name }) => name)
    .sort(compareVersions)
  const instead = newest === undefined ? '' : `; use ${group}/${newest} ${names.kind}`
  return `${group}/${version} ${names.kind} is deprecated${instead}`
}

function columnsOf({ additionalPrinterColumns = [] }: CustomVersion): readonly Column[] {
  if (additionalPrinterColumns.length === 0) return [{ ...ageColumn, description: created }]
  return additionalPrinterColumns.map(({ name, type, jsonPath, priority = 0, format, ...given }) => ({
    name,
    type: (['integer', 'number', 'boolean', 'date'].includes(type) ? type : 'string') as Column['type'],
    priority,
    description: given.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(format === undefined ? {} : { format }),
    value: readable(jsonPath),
  }))
}

/** A path that we can't read makes an empty column, as one that finds nothing does. */
function readable(path: string): (object: unknown) => unknown {
  try {
    return compilePath(path)
  } catch {
    return () => undefined
  }
}

/** Metadata is no custom resource's own: it is as Go reads it. What it hasn't goes, and a value of another type is refused. */
function withMetadata(object: KubeObject, report: (path: string) => void): KubeObject {
  const normal = asObjectMeta(object.metadata, (path) => report(`metadata.${path}`))
  const { creationTimestamp, ...rest } = normal
  return { ...object, metadata: (creationTimestamp === null ? rest : normal) as unknown as KubeObject['metadata'] }
}

/** Throws TypeMismatch for the first of its fields, by their names, that is of another type. */
function asObjectMeta(metadata: unknown, report: (path: string) => void): Record<string, unknown> {
  const message = messageOf('meta-v1.ObjectMeta')
  try {
    return normalize(message, metadata, report)
  } catch (error) {
    if (!isRecord(metadata)) throw error
    const named = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
    return normalize(message, Object.fromEntries(named), () => {})
  }
}
