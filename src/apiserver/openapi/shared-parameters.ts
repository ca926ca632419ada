/** Parameters that stand once in a document of version 2. Source: k8s.io/kube-openapi/pkg/builder/parameters.go. */
import type { Json } from './dialects.ts'

type Parameter = Readonly<Record<string, unknown>> & { readonly schema?: { readonly $ref?: string } }
type WithParameters = Json & { parameters?: Parameter[] }

/** Refers to them in the paths and gives them by the names that they got. */
export function shareParameters(paths: Json): Json {
  const shared = new Map<string, Parameter>()
  const names = new Map<string, string>()
  const share = (owner: WithParameters): void => {
    if (owner.parameters === undefined) return
    owner.parameters = owner.parameters.map((parameter) => {
      if (isOwn(parameter)) return parameter
      const text = JSON.stringify(parameter)
      let name = names.get(text)
      if (name === undefined) names.set(text, (name = `${String(parameter['name'])}-${hashOf(text)}`))
      shared.set(name, parameter)
      return { $ref: `#/parameters/${name}` }
    })
  }
  for (const item of Object.values(paths) as WithParameters[]) {
    share(item)
    for (const [method, operation] of Object.entries(item))
      if (method !== 'parameters') share(operation as WithParameters)
  }
  return Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Those that name a kind, and two by which old versions of kubectl know what a server can do. */
function isOwn({ name, in: place, schema }: Parameter): boolean {
  if (place === 'body') return schema?.$ref?.startsWith('#/definitions/io.k8s.apimachinery') !== true
  return name === 'name' || (place === 'query' && (name === 'fieldValidation' || name === 'dryRun'))
}

const offset = 0xcbf29ce484222325n
const prime = 0x100000001b3n

/** Six bytes of FNV-1. */
function hashOf(text: string): string {
  let hash = offset
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, hash * prime) ^ BigInt(byte)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(hash)
  return bytes.subarray(0, 6).toString('base64url')
}
