import { normalize } from '../kube/types/normalize.ts'
import type { ResourceDefinition } from './definition.ts'
import { wireType } from './represent.ts'
import type { KubeObject } from './types.ts'

/** What the API server would have stored of an object that nobody sent: in Go's form, with all defaults. */
export function whole(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const message = wireType(definition)
  const typed = message === undefined ? object : (normalize(message, object, () => {}) as KubeObject)
  return definition.defaults?.(typed) ?? typed
}
