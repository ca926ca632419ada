/** Names, labels and annotations, in the words of k8s.io/apimachinery/pkg/{api/validation,util/validation}. */
import { forbiddenValue, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const namePartText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const annotationBytesMax = 256 * 1024

/** RBAC names are path segments, so they may hold colons. */
const pathSegmentKinds = new Set(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'])

export function metadataCauses({ kind, metadata }: KubeObject): Cause[] {
  return [
    ...nameCauses(kind, metadata),
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
      ...keyCauses('metadata.labels', key, key),
      ...valueCauses(value),
    ]),
    ...annotationCauses(metadata.annotations ?? {}),
  ]
}

function nameCauses(kind: string, { name = '', generateName = '' }: KubeObject['metadata']): Cause[] {
  const prefix = generateName.replace(/-$/, '')
  const fine = generateName === '' || pathSegmentKinds.has(kind) || subdomain.test(prefix)
  const generated = fine ? [] : [invalidValue('metadata.generateName', generateName, subdomainText)]
  if (name === '')
    return generateName === '' ? [required('metadata.name', 'name or generateName is required')] : generated
  if (pathSegmentKinds.has(kind)) return []
  if (name.length > 253) return [invalidValue('metadata.name', name, 'must be no more than 253 characters')]
  return subdomain.test(name) ? [] : [invalidValue('metadata.name', name, subdomainText)]
}

/** `prefix/name`: the prefix a DNS subdomain, the name of 63 characters at most. `shown` is what the message quotes. */
function keyCauses(field: string, key: string, shown: string): Cause[] {
  const parts = key.split('/')
  const cause = (text: string): Cause => invalidValue(field, shown, text)
  if (parts.length > 2)
    return [
      cause(
        `a qualified name ${namePartText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ]
  const name = parts.at(-1) as string
  const [prefix] = parts.length === 2 ? parts : [undefined]
  return [
    ...(prefix === '' ? [cause('prefix part must be non-empty')] : []),
    ...(prefix !== undefined && prefix !== '' && !subdomain.test(prefix)
      ? [cause(`prefix part ${subdomainText}`)]
      : []),
    ...(name === '' ? [cause('name part must be non-empty')] : []),
    ...(name.length > 63 ? [cause('name part must be no more than 63 characters')] : []),
    ...(namePart.test(name) ? [] : [cause(`name part ${namePartText}`)]),
  ]
}

function valueCauses(value: unknown): Cause[] {
  const text = String(value)
  return [
    ...(text.length > 63 ? [invalidValue('metadata.labels', value, 'must be no more than 63 characters')] : []),
    ...(labelValue.test(text) ? [] : [invalidValue('metadata.labels', value, labelValueText)]),
  ]
}

/** Annotation keys are compared in lower case; their values are bounded together. */
function annotationCauses(annotations: Readonly<Record<string, string>>): Cause[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) => keyCauses('metadata.annotations', key.toLowerCase(), key)),
    ...(bytes > annotationBytesMax ? [tooLong('metadata.annotations', annotationBytesMax)] : []),
  ]
}

/** What is being deleted may only lose finalizers. */
export function finalizerCauses({ metadata }: KubeObject, before: KubeObject | undefined): Cause[] {
  if (before?.metadata.deletionTimestamp === undefined) return []
  const added = (metadata.finalizers ?? []).filter((each) => before.metadata.finalizers?.includes(each) !== true)
  if (added.length === 0) return []
  const shown = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`
  return [
    forbiddenValue(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
    ),
  ]
}

export const ownerCauses = ({ metadata }: KubeObject): Cause[] =>
  (metadata.ownerReferences ?? []).flatMap(({ apiVersion = '', kind = '', name = '', uid = '' }) => {
    const empty = (field: string, text = 'must not be empty'): Cause =>
      invalidValue(`metadata.ownerReferences.${field}`, '', text)
    return [
      ...(apiVersion === '' ? [empty('apiVersion', 'version must not be empty')] : []),
      ...(kind === '' ? [empty('kind')] : []),
      ...(name === '' ? [empty('name')] : []),
      ...(uid === '' ? [empty('uid')] : []),
    ]
  })
