/** Documents that were asked for lately, shared by all servers that serve the same kinds. */
import type { ResourceDefinition } from '../definition.ts'
import { contentHash } from '../negotiate.ts'

export interface Kept {
  readonly hash: string
  readonly value: () => object
  readonly json: () => Buffer
}

const keptMax = 8
const hashesMax = 4096

const ids = new WeakMap<ResourceDefinition, number>()
let idNext = 1

function idOf(definition: ResourceDefinition): number {
  let id = ids.get(definition)
  if (id === undefined) ids.set(definition, (id = idNext++))
  return id
}

const hashes = new Map<string, string>()
const documents = new Map<string, { readonly value: object; readonly json: Buffer }>()

/** The document of a name among kinds. Its hash is known for long, itself only as long as it is among the last asked for. */
export function kept(name: string, definitions: readonly ResourceDefinition[], make: () => object): Kept {
  const key = `${name} ${definitions.map(idOf).join(' ')}`
  const made = (): { readonly value: object; readonly json: Buffer } => {
    const document = documents.get(key) ?? encode(make())
    documents.delete(key)
    remember(documents, key, document, keptMax)
    return document
  }
  let hash = hashes.get(key)
  if (hash === undefined) {
    hash = contentHash(made().json)
    remember(hashes, key, hash, hashesMax)
  }
  return { hash, value: () => made().value, json: () => made().json }
}

function encode(value: object): { readonly value: object; readonly json: Buffer } {
  return { value, json: Buffer.from(JSON.stringify(value)) }
}

function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value as string)
}
