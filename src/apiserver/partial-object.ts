import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** The metadata of an object alone, without what the type keeps elsewhere and shows there. */
export function partialObject(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  apiVersion: string,
): KubeObject {
  const { fieldAnnotations } = definition
  const { annotations: all } = metadata
  if (fieldAnnotations === undefined || all === undefined || !fieldAnnotations.some((name) => name in all))
    return { kind: 'PartialObjectMetadata', apiVersion, metadata }
  const { annotations: _, ...others } = metadata
  const kept = Object.entries(all).filter(([name]) => !fieldAnnotations.includes(name))
  const own = kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: { ...others, ...own } }
}
