/**
 * The kinds an API server serves, found by path or by kind. A server's own registry extends one that is shared by all
 * servers with the same built-in kinds: what a definition adds to one cluster, the others don't see.
 */
import { apiVersionOf } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'

const pathOf = ({ group, version, resource }: { group: string; version: string; resource: string }): string =>
  `${group}/${version}/${resource}`

export class ResourceRegistry {
  readonly #parent: ResourceRegistry | undefined
  readonly #byPath = new Map<string, ResourceDefinition>()
  readonly #byKind = new Map<string, ResourceDefinition>()

  constructor(definitions: readonly ResourceDefinition[], parent?: ResourceRegistry) {
    this.#parent = parent
    for (const definition of definitions) this.add(definition)
  }

  get definitions(): readonly ResourceDefinition[] {
    return [...(this.#parent?.definitions ?? []), ...this.#byPath.values()]
  }

  add(definition: ResourceDefinition): void {
    this.#byPath.set(pathOf(definition), definition)
    this.#byKind.set(`${apiVersionOf(definition)}/${definition.kind}`, definition)
  }

  remove(definition: ResourceDefinition): void {
    this.#byPath.delete(pathOf(definition))
    this.#byKind.delete(`${apiVersionOf(definition)}/${definition.kind}`)
  }

  serves(group: string, version: string): boolean {
    return this.definitions.some((definition) => definition.group === group && definition.version === version)
  }

  byPath(group: string, version: string, resource: string): ResourceDefinition | undefined {
    return this.#byPath.get(pathOf({ group, version, resource })) ?? this.#parent?.byPath(group, version, resource)
  }

  byKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`) ?? this.#parent?.byKind(apiVersion, kind)
  }
}
