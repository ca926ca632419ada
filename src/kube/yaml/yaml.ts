/** YAML as the real server reads it: the JSON that it stands for. Source: sigs.k8s.io/yaml, go.yaml.in/yaml/v2 (decode.go). */
import { rawNumber } from '../json.ts'
import { setOwn } from '../object.ts'
import { parseDocument, type MappingNode, type ScalarNode, type YamlNode } from './parser.ts'
import { YamlProblem } from './problem.ts'
import { resolved, type Scalar } from './resolve.ts'

export { YamlProblem } from './problem.ts'

export interface DecodedYaml {
  readonly value: unknown
  /** Keys that occur twice in one mapping, as the strict decoder words it; the last one wins. */
  readonly repeated: readonly string[]
}

/** Reads the first document; a text without any is null. Throws {@link YamlProblem}. */
export function decodeYaml(text: string): DecodedYaml {
  if (isControlled.test(text)) throw new YamlProblem('yaml: control characters are not allowed')
  const root = parseDocument(text.startsWith('\ufeff') ? text.slice(1) : text)
  const decoder = new Decoder()
  const value = root === undefined ? null : asJson(decoder.value(root))
  return { value, repeated: decoder.repeated }
}

// eslint-disable-next-line no-control-regex
const isControlled = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/

/** A mapping by the text of its keys in Go's syntax, which tells `1` from `"1"`. */
class Mapping {
  readonly entries = new Map<string, readonly [Scalar, Value]>()
}

type Value = Scalar | readonly Value[] | Mapping

class Decoder {
  readonly repeated: string[] = []
  readonly #open = new Set<YamlNode>()
  #decoded = 0
  #aliased = 0

  value(node: YamlNode): Value {
    this.#decoded++
    if (this.#open.size > 0) this.#aliased++
    if (this.#aliased > 100 && this.#decoded > 1000 && this.#aliased / this.#decoded > aliasedMax(this.#decoded))
      throw new YamlProblem('yaml: document contains excessive aliasing')
    if (node.kind === 'scalar') return scalar(node)
    if (node.kind === 'sequence') return node.items.map((item) => this.value(item))
    if (node.kind === 'mapping') return this.#into(new Mapping(), node)
    return this.#within(node.target, node.name, () => this.value(node.target))
  }

  /** Throws for what contains itself. */
  #within<T>(target: YamlNode, name: string, read: () => T): T {
    if (this.#open.has(target)) throw new YamlProblem(`yaml: anchor '${name}' value contains itself`)
    this.#open.add(target)
    const value = read()
    this.#open.delete(target)
    return value
  }

  #into(mapping: Mapping, { pairs }: MappingNode): Mapping {
    for (const [key, valueNode] of pairs) {
      if (isMerge(key)) {
        this.#merge(mapping, valueNode)
        continue
      }
      const name = this.value(key)
      if (typeof name === 'object' && name !== null) throw new YamlProblem(`yaml: invalid map key: ${syntaxOf(name)}`)
      const value = this.value(valueNode)
      const said = syntaxOf(name)
      if (mapping.entries.has(said))
        this.repeated.push(`line ${valueNode.mark.line + 1}: key ${said} already set in map`)
      mapping.entries.set(said, [name, value])
    }
    return mapping
  }

  #merge(mapping: Mapping, node: YamlNode): void {
    const from = node.kind === 'sequence' ? node.items.toReversed() : [node]
    for (const each of from) {
      const target = each.kind === 'alias' ? each.target : each
      if (target.kind !== 'mapping')
        throw new YamlProblem('yaml: map merge requires map or sequence of maps as the value')
      if (each.kind === 'alias') this.#within(target, each.name, () => this.#into(mapping, target))
      else this.#into(mapping, target)
    }
  }
}

/** How much of a document may come by aliases: the larger it is, the less. */
function aliasedMax(decoded: number): number {
  const [low, high] = [400_000, 4_000_000]
  return 0.99 - 0.89 * Math.min(1, Math.max(0, (decoded - low) / (high - low)))
}

const scalar = ({ text, tag, isPlain }: ScalarNode): Scalar => (tag === '' && !isPlain ? text : resolved(text, tag))

const isMerge = (node: YamlNode): boolean =>
  node.kind === 'scalar' && node.text === '<<' && (node.isPlain || node.tag === 'tag:yaml.org,2002:merge')

/** Throws for what JSON doesn't have. */
function asJson(value: Value): unknown {
  if (value instanceof Mapping) {
    const object: Record<string, unknown> = {}
    for (const [key, item] of value.entries.values()) setOwn(object, keyText(key, item), asJson(item))
    return object
  }
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : rawNumber(String(value))
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new YamlProblem(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
  return value
}

function keyText(key: Scalar, value: Value): string {
  if (key === null)
    throw new YamlProblem(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${syntaxOf(value)}`)
  if (typeof key !== 'number' || Number.isFinite(key)) return String(key)
  return Number.isNaN(key) ? '.nan' : key > 0 ? '.inf' : '-.inf'
}

/** As Go's `%#v` prints it. */
function syntaxOf(value: Value): string {
  if (value instanceof Mapping) {
    const pairs = [...value.entries].map(([key, [, item]]) => `${key}:${syntaxOf(item)}`)
    return `map[interface {}]interface {}{${pairs.join(', ')}}`
  }
  if (Array.isArray(value)) return `[]interface {}{${value.map(syntaxOf).join(', ')}}`
  if (value === null) return '<nil>'
  if (typeof value === 'string') return JSON.stringify(value)
  return (value as number | bigint | boolean).toString()
}
