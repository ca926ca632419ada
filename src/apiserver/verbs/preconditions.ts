/** What a deletion wants of its object. Source: k8s.io/apiserver/pkg/registry/rest/delete.go. */
import { conflict } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'

export interface Preconditions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/** Throws 409 for another object of the name, or another state of it. */
export function checkPreconditions(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  { preconditions: { uid, resourceVersion } = {} }: Preconditions,
): void {
  const ref = { group: definition.group, resource: definition.kind, name: metadata.name } // the kind: so it is
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      ref,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      ref,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
  }
}
