/** Whether what is written is of the kind of its path, which is looked at behind its names, its place and its lock. */
import type { Exchange } from '../../kube/handler.ts'
import type { ResourceDefinition } from '../definition.ts'
import { checkVersion } from '../lock.ts'
import { isOther, otherKind } from '../said-kind.ts'
import type { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'

/** Throws 409, 422 and 500 for a custom resource that says that it is another; `before` is what it replaces. */
export function requireSame(
  definition: ResourceDefinition,
  exchange: Exchange,
  before: Stored | undefined,
  object: KubeObject,
  said: Partial<KubeObject> = object,
): void {
  // A caller in this process hands over objects of its own making.
  if (definition.custom !== true || exchange.body.value !== undefined || !isOther(definition, said)) return
  if (before !== undefined) checkVersion(definition, before, object)
  throw otherKind(definition, said, object.metadata.name ?? '')
}
