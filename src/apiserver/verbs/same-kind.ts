/** Whether what is written is of the kind of its path, which is looked at behind its names, its place and its lock. */
import type { ResourceDefinition } from '../definition.ts'
import { checkVersion } from '../lock.ts'
import { isOther, otherKind } from '../said-kind.ts'
import type { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'

/** Throws 409, 422 and 500 for a custom resource that says that it is another; `before` is what it replaces. */
export function requireSame(
  definition: ResourceDefinition,
  before: Stored | undefined,
  object: KubeObject,
  said: Partial<KubeObject> = object,
): void {
  if (definition.custom !== true || !isOther(definition, said)) return
  if (before !== undefined) checkVersion(definition, before, object)
  throw otherKind(definition, said, object.metadata.name ?? '')
}
