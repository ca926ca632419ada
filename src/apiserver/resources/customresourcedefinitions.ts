import { createdAtColumn } from '../columns.ts'
import type { CustomResourceDefinition } from '../custom/definition-of.ts'
import { definitionCauses, nameCauses } from '../custom/definition-rules.ts'
import { unknownFormats } from '../custom/schema-rules.ts'
import { withTermination } from '../custom/termination.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { isRecord } from '../../kube/object.ts'
import { required, type StatusCause } from '../../kube/status.ts'
import { withServicePort } from '../rules/webhook-client.ts'

const versionsOf = (crd: KubeObject): CustomResourceDefinition['spec']['versions'] =>
  (isRecord(crd.spec) ? (crd as CustomResourceDefinition).spec.versions : undefined) ?? []

/** Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go. */
function withDefaults(object: KubeObject): KubeObject {
  if (!isRecord(object.spec)) return object
  const crd = object as CustomResourceDefinition
  const { names } = crd.spec
  return {
    ...crd,
    ...withStoredVersion(crd),
    spec: {
      ...crd.spec,
      names: {
        ...names,
        singular: names.singular ?? names.kind.toLowerCase(),
        listKind: names.listKind ?? (names.kind === '' ? '' : `${names.kind}List`),
      },
      conversion: withPort(crd.spec.conversion ?? { strategy: 'None' }),
    },
  }
}

/** A status that knows of none has the version that objects are stored in. */
function withStoredVersion({ spec, status }: CustomResourceDefinition): Pick<CustomResourceDefinition, 'status'> {
  const storage = (spec.versions ?? []).find((version) => version.storage)
  return storage === undefined || status?.storedVersions?.length
    ? {}
    : { status: { ...status, storedVersions: [storage.name] } }
}

/** That it is being deleted is no new generation of it, and has no grace. */
function uncounted({ metadata, ...crd }: KubeObject): CustomResourceDefinition {
  const { deletionGracePeriodSeconds: _, generation = 1, ...rest } = metadata
  return { ...crd, metadata: { ...rest, generation: generation - 1 } } as CustomResourceDefinition
}

type Conversion = NonNullable<CustomResourceDefinition['spec']['conversion']>

function withPort(conversion: Conversion): Conversion {
  const { webhook } = conversion
  const config = webhook?.clientConfig
  if (config === undefined && (webhook?.conversionReviewVersions ?? []).length === 0) {
    const { webhook: _, ...rest } = conversion
    return rest
  }
  return config === undefined
    ? conversion
    : { ...conversion, webhook: { ...webhook, clientConfig: withServicePort(config) } }
}

const formatsOf = (crd: KubeObject): string[] =>
  versionsOf(crd).flatMap(({ schema }) =>
    schema?.openAPIV3Schema === undefined ? [] : unknownFormats(schema.openAPIV3Schema),
  )

/** Of formats that nobody knows, once. */
function formatWarnings(crd: KubeObject, before?: KubeObject): string[] {
  const known = before === undefined ? [] : formatsOf(before)
  return formatsOf(crd)
    .filter((format) => !known.includes(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`)
}

function causes(crd: CustomResourceDefinition, before?: KubeObject, subresource?: string): Required<StatusCause>[] {
  if (subresource === 'status') return nameCauses('status.acceptedNames', crd.status?.acceptedNames ?? {})
  return isRecord(crd.spec) ? definitionCauses(crd, before as CustomResourceDefinition | undefined) : [required('spec')]
}

export const customResourceDefinitions = builtIn({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  storedAs: 'apiextensions.k8s.io/v1beta1/CustomResourceDefinition',
  namespaced: false,
  lockedUpdates: true,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  status: true,
  untabled: 'status',
  generation: true,
  termination: { holds: () => false, shown: (crd) => withTermination(uncounted(crd), 'InstanceDeletionPending') },
  deletionFinalizer: 'customresourcecleanup.apiextensions.k8s.io',
  defaults: withDefaults,
  warn: formatWarnings,
  validate: (crd, before, subresource) => causes(crd as CustomResourceDefinition, before, subresource),
  columns: [createdAtColumn],
})
