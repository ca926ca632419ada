/** Which objects a list, watch or deletecollection means: namespace, labels, fields. */
import type { KubeRequest } from '../kube/request.ts'
import { parseFieldSelector, parseLabelSelector, SelectorError, type FieldTerm } from '../kube/selector.ts'
import { badRequest } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** Undefined when everything matches. */
export type Selection = ((object: KubeObject) => boolean) | undefined

/** Labels and fields of the request, and its namespace when `withNamespace`. */
export function selectionOf(definition: ResourceDefinition, request: KubeRequest, withNamespace: boolean): Selection {
  const tests: ((object: KubeObject) => boolean)[] = []
  const { namespace, name } = request
  if (withNamespace && namespace !== '') tests.push((object) => object.metadata.namespace === namespace)
  if (name !== '') tests.push((object) => object.metadata.name === name)
  const labels = request.query.get('labelSelector')
  const fields = request.query.get('fieldSelector')
  try {
    if (labels !== null && labels !== '') {
      const matches = parseLabelSelector(labels)
      tests.push((object) => matches(object.metadata.labels))
    }
    if (fields !== null && fields !== '')
      tests.push(...parseFieldSelector(fields).map((term) => fieldTest(definition, term)))
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
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
