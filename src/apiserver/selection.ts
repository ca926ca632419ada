/** Which objects a list, watch or deletecollection means, by labels and fields. */
import type { FieldTerm, LabelMatcher } from '../kube/selector.ts'
import { badRequest } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** Undefined when everything matches. */
export type Selection = ((object: KubeObject) => boolean) | undefined

/** `name` is the path's, empty where it names no object. Throws 400 for fields that the kind isn't selected by. */
export function selectionOf(
  definition: ResourceDefinition,
  labels: LabelMatcher | undefined,
  terms: readonly FieldTerm[],
  name: string,
): Selection {
  const tests: ((object: KubeObject) => boolean)[] = terms.map((term) => fieldTest(definition, term))
  if (name !== '') tests.push((object) => object.metadata.name === name)
  if (labels !== undefined) tests.push((object) => labels(object.metadata.labels))
  if (tests.length === 0) return undefined
  return (object) => tests.every((test) => test(object))
}

function fieldTest(definition: ResourceDefinition, term: FieldTerm): (object: KubeObject) => boolean {
  const read =
    term.field === 'metadata.name'
      ? (object: KubeObject) => object.metadata.name
      : term.field === 'metadata.namespace'
        ? (object: KubeObject) => object.metadata.namespace ?? ''
        : definition.fieldSelectors?.[term.field]
  if (read === undefined) {
    throw badRequest(
      definition.custom === true || definition.fieldSelectors !== undefined
        ? `field label not supported: ${term.field}`
        : `"${term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    )
  }
  return (object) => (read(object) === term.value) === term.equal
}
