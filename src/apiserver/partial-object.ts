import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** The metadata of an object alone, without what the type keeps elsewhere and shows there. */
export function partialObject(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  apiVersion: string,
): KubeObject {
  const { fieldAnnotation } = definition
  if (fieldAnnotation === undefined || metadata.annotations?.[fieldAnnotation] === undefined)
    return { kind: 'PartialObjectMetadata', apiVersion, metadata }
  const { annotations: all, ...others } = metadata
  const { [fieldAnnotation]: _, ...annotations } = all ?? {}
  const kept = Object.keys(annotations).length === 0 ? {} : { annotations }
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: { ...others, ...kept } }
}
