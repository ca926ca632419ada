/** What a write says that it expects to find. Source: k8s.io/apiserver/pkg/registry/generic/registry/store.go. */
import { integerProblem } from '../kube/go-number.ts'
import { conflict, failure, invalid, invalidValue } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import { storageKey } from './storage-key.ts'
import type { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'

const refOf = ({ group, resource }: ResourceDefinition, name: string): Parameters<typeof conflict>[0] => ({
  group,
  resource,
  name,
})

/** Throws 409 for an object that has another UID. */
export function checkUid(
  definition: ResourceDefinition,
  live: KubeObject,
  { metadata: { uid = '' } }: KubeObject,
  dryRun: boolean,
): void {
  const { name } = live.metadata
  if (uid !== '' && uid !== live.metadata.uid)
    throw conflict(refOf(definition, name), otherUid(definition, live, uid, dryRun))
}

/** Throws 409 for a version that isn't the stored one, 422 for none where there has to be one. */
export function checkVersion(definition: ResourceDefinition, before: Stored, { metadata }: KubeObject): void {
  const { name } = before.value.metadata
  const version = metadata.resourceVersion ?? ''
  if ((version === '' || version === '0') && (definition.custom === true || definition.lockedUpdates === true))
    // The resource stands where the kind would: so it is.
    throw invalid({ group: definition.group, kind: definition.resource }, name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  if (version === '' || version === '0' || Number(version) === before.revision) return
  requireRevision(version)
  throw conflict(refOf(definition, name))
}

/** Throws 500 for a version that is none. */
export function requireRevision(version = ''): void {
  const problem = version === '' ? undefined : integerProblem(version, 'ParseUint')
  if (problem !== undefined) throw failure(500, undefined, problem)
}

/** What storage says of an object that has another UID than it was to have. */
export const otherUid = (
  definition: ResourceDefinition,
  live: KubeObject,
  uid: string | undefined,
  dryRun = false,
): string =>
  `StorageError: invalid object, Code: 4, Key: ${storageKey(definition, live).slice(dryRun ? '/registry'.length : 0)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
