/** The kinds an API server serves, found by path or by kind; shared by all servers that serve the same ones. */
import { apiVersionOf } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'

export class ResourceRegistry {
  readonly definitions: readonly ResourceDefinition[]
  readonly #byPath = new Map<string, ResourceDefinition>()
  readonly #byKind = new Map<string, ResourceDefinition>()

  constructor(definitions: readonly ResourceDefinition[]) {
    this.definitions = definitions
    for (const definition of definitions) {
      this.#byPath.set(`${definition.group}/${definition.version}/${definition.resource}`, definition)
      this.#byKind.set(`${apiVersionOf(definition)}/${definition.kind}`, definition)
    }
  }

  byPath(group: string, version: string, resource: string): ResourceDefinition | undefined {
    return this.#byPath.get(`${group}/${version}/${resource}`)
  }

  byKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }
}
