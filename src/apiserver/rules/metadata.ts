/** Names, labels, annotations, finalizers and owners. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go. */
import { labelProblems, qualifiedNameProblems, subdomainProblems, type Syntax } from '../../kube/syntax.ts'
import { invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { strictAddressProblems } from './address.ts'
import { labelCauses } from './label-selector.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

const annotationBytesMax = 256 * 1024

/** Source: k8s.io/apimachinery/pkg/api/validation/path. */
export const pathSegmentProblems: Syntax = (name) =>
  name === '.' || name === '..'
    ? [`may not be '${name}'`]
    : ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)

/** Built-in kinds whose finalizers may have any name, as those of custom resources. */
const genericKinds = new Set([
  ...['Lease', 'APIService', 'CustomResourceDefinition', 'RuntimeClass'],
  ...['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
])

/** Nothing but their paths bounds what these are called; their own rules don't look at metadata at all. */
const isUnnamed = ({ group, kind, custom }: ResourceDefinition): boolean =>
  custom !== true && ((group === '' && kind === 'Event') || kind === 'PodDisruptionBudget')

/** Of a new object. */
export function newMetadataCauses(definition: ResourceDefinition, object: KubeObject): Cause[] {
  if (isUnnamed(definition)) return []
  const { metadata } = object
  const { kind, custom } = definition
  const isGeneric = custom === true || genericKinds.has(kind)
  return [
    ...nameCauses(metadata, namesOf(definition, object), prefixesOf(definition, object)),
    ...genericCauses(definition, metadata),
    ...(isGeneric ? [] : standardFinalizerCauses(metadata.finalizers ?? [])),
  ]
}

/** Of a new object in which nothing else is wrong: then it has to have a path. */
export function lastMetadataCauses(definition: ResourceDefinition, object: KubeObject): Cause[] {
  const { metadata } = object
  if (isUnnamed(definition) || namesOf(definition, object) === anyName)
    return [...nameCauses(metadata, pathSegmentProblems), ...genericCauses(definition, metadata)]
  return checksPrefix(definition) ? [] : prefixCauses(metadata, pathSegmentProblems)
}

function genericCauses({ generation }: ResourceDefinition, metadata: KubeObject['metadata']): Cause[] {
  return [
    // The first generation is the server's to give, where it counts.
    ...(generation ? [] : generationCauses(metadata)),
    ...labelCauses('metadata.labels', metadata.labels),
    ...annotationCauses(metadata.annotations ?? {}),
    ...ownerCauses(metadata.ownerReferences ?? []),
    ...finalizerCauses(metadata.finalizers ?? []),
  ]
}

const generationCauses = ({ generation = 0 }: KubeObject['metadata']): Cause[] =>
  generation < 0 ? [invalidValue('metadata.generation', generation, 'must be greater than or equal to 0')] : []

/** API services are called by what they serve. */
function servedNames({ group = '', version = '' } = {}): Syntax {
  const expected = `${version}.${group}`
  const problem = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`
  return (name) => {
    const problems = pathSegmentProblems(name)
    return problems.length > 0 || name === expected ? problems : [problem]
  }
}

const anyName: Syntax = () => []

/** Where it is not a subdomain. */
const syntaxes: Readonly<Record<string, Syntax>> = {
  CertificateSigningRequest: anyName,
  IPAddress: strictAddressProblems,
  ...Object.fromEntries(
    ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => [kind, pathSegmentProblems]),
  ),
  ...Object.fromEntries(['Namespace', 'Service', 'StatefulSet'].map((kind) => [kind, labelProblems])),
}

type Kind = Pick<ResourceDefinition, 'group' | 'kind' | 'custom'>

/** How objects of a kind are named. A definition may call its kind as a built-in one is called. */
export const namesOf = ({ kind, custom }: Kind, { spec }: KubeObject): Syntax =>
  custom === true
    ? subdomainProblems
    : kind === 'APIService'
      ? servedNames(spec as { group?: string; version?: string } | undefined)
      : (syntaxes[kind] ?? subdomainProblems)

/** Whether what names begin with is looked at before there is a name. */
const checksPrefix = ({ kind, custom }: Kind): boolean =>
  custom === true || (kind !== 'ReplicationController' && kind !== 'DeviceClass')

export const prefixesOf = (definition: Kind, object: KubeObject): Syntax =>
  checksPrefix(definition) ? namesOf(definition, object) : () => []

export function nameCauses(metadata: KubeObject['metadata'], problems: Syntax, prefixProblems = problems): Cause[] {
  const { name = '', generateName = '' } = metadata
  if (name === '' && generateName === '') return [required('metadata.name', 'name or generateName is required')]
  return [...prefixCauses(metadata, prefixProblems), ...(name === '' ? [] : spelled('metadata.name', name, problems))]
}

function prefixCauses({ generateName = '' }: KubeObject['metadata'], problems: Syntax): Cause[] {
  const prefix = generateName.replace(/-$/, '')
  return (prefix === '' ? [] : problems(prefix)).map((problem) =>
    invalidValue('metadata.generateName', generateName, problem),
  )
}

/** Annotation keys are compared in lower case; their values are bounded together. */
export function annotationCauses(
  annotations: Readonly<Record<string, string>>,
  path = 'metadata.annotations',
): Cause[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) =>
      qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue(path, key, problem)),
    ),
    ...(bytes > annotationBytesMax ? [tooLong(path, annotationBytesMax)] : []),
  ]
}

const standardFinalizers = ['foregroundDeletion', 'kubernetes', 'orphan']

/** Source: ValidateFinalizers. */
export const finalizerCauses = (finalizers: readonly string[]): Cause[] => [
  ...finalizers.flatMap((name) => spelled('metadata.finalizers', name, qualifiedNameProblems)),
  ...(finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
    ? [invalidValue('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
    : []),
]

/** Of built-in kinds. Source: pkg/apis/core/validation, validateKubeFinalizerName. */
export const standardFinalizerCauses = (
  finalizers: readonly string[],
  at = (index: number): string => `metadata.finalizers[${index}]`,
): Cause[] =>
  finalizers.flatMap((name, index) =>
    name.includes('/') || standardFinalizers.includes(name)
      ? []
      : [invalidValue(at(index), name, 'name is neither a standard finalizer name nor is it fully qualified')],
  )

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number]

export function ownerCauses(owners: readonly Owner[], at = 'metadata.ownerReferences'): Cause[] {
  const controllers = owners.filter(({ controller }) => controller === true).map(({ kind, name }) => `${kind}/${name}`)
  const [first] = controllers
  return [
    ...owners.flatMap((owner) => [
      ...(versionOf(owner.apiVersion) === ''
        ? [invalidValue(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty')]
        : []),
      ...(['kind', 'name', 'uid'] as const)
        .filter((field) => (owner[field] ?? '') === '')
        .map((field) => invalidValue(`${at}.${field}`, '', 'must not be empty')),
      ...(owner.apiVersion === 'v1' && owner.kind === 'Event'
        ? [invalidValue(at, owner, '/v1, Kind=Event is disallowed from being an owner')]
        : []),
    ]),
    ...controllers
      .slice(1)
      .map((other) =>
        invalidValue(
          at,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`,
        ),
      ),
  ]
}

/** The version in `group/version` or `version`; empty where the text is neither. */
function versionOf(apiVersion = ''): string {
  const parts = apiVersion.split('/')
  return parts.length > 2 ? '' : (parts.at(-1) as string)
}
