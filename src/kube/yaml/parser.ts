/** The first document of a text as nodes. Source: go.yaml.in/yaml/v2, parserc.go and decode.go. */
import { parserProblem, YamlProblem, type Mark } from './problem.ts'
import { Scanner, type Token, type TokenType } from './scanner.ts'

interface NodeBase {
  readonly mark: Mark
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly text: string
  /** As `tag:yaml.org,2002:int` or `!own`; empty where there is none. */
  readonly tag: string
  /** What it is shows in its text. */
  readonly isPlain: boolean
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence'
  readonly items: YamlNode[]
}

export interface MappingNode extends NodeBase {
  readonly kind: 'mapping'
  readonly pairs: [key: YamlNode, value: YamlNode][]
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias'
  readonly name: string
  readonly target: YamlNode
}

export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode

/** Undefined of a text without documents. Throws {@link YamlProblem}. */
export const parseDocument = (text: string): YamlNode | undefined => new Parser(text).document()

const yamlTags = 'tag:yaml.org,2002:'

class Parser {
  readonly #scanner: Scanner
  readonly #anchors = new Map<string, YamlNode>()
  readonly #handles = new Map<string, string>()

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  document(): YamlNode | undefined {
    if (this.#sees('streamEnd')) return undefined
    this.#directives()
    const isExplicit = this.#skips('documentStart')
    const isEmpty = isExplicit && this.#sees('directive', 'documentStart', 'documentEnd', 'streamEnd')
    const root = isEmpty ? this.#empty(this.#here) : this.#node(true, false)
    // What stands behind it is looked at, and no more.
    this.#scanner.peek()
    return root
  }

  #directives(): void {
    this.#handles.set('!', '!').set('!!', yamlTags)
    const first = this.#scanner.peek()
    while (this.#sees('directive')) {
      const { text, mark } = this.#scanner.take()
      const [name, said, prefix] = text.trim().split(/[ \t]+/)
      if (name === '%TAG') this.#handles.set(said ?? '', prefix ?? '')
      else if (!/^\d+\.\d+$/.test(said ?? '')) throw parserProblem('did not find expected version number', mark)
      else if (said !== '1.1') throw parserProblem('found incompatible YAML document', mark)
    }
    if (first.type === 'directive' && !this.#sees('documentStart'))
      throw parserProblem('did not find expected <document start>', this.#here)
  }

  get #here(): Mark {
    return this.#scanner.peek().mark
  }

  #sees(...types: TokenType[]): boolean {
    return types.includes(this.#scanner.peek().type)
  }

  #skips(type: TokenType): boolean {
    if (!this.#sees(type)) return false
    this.#scanner.take()
    return true
  }

  #empty(mark: Mark): ScalarNode {
    return { kind: 'scalar', mark, text: '', tag: '', isPlain: true }
  }

  /** Nothing where one of these follows, else a node. */
  #unless(types: TokenType[], block: boolean, indentless: boolean, mark?: Mark): YamlNode {
    return this.#sees(...types) ? this.#empty(mark ?? this.#here) : this.#node(block, indentless)
  }

  #node(block: boolean, indentless: boolean): YamlNode {
    const mark = this.#here
    if (this.#sees('alias')) return this.#alias(this.#scanner.take())
    const { anchor, tag } = this.#properties()
    const named = <T extends YamlNode>(node: T): T => {
      if (anchor !== undefined) this.#anchors.set(anchor, node)
      return node
    }
    if (indentless && this.#sees('-')) {
      const node = named<SequenceNode>({ kind: 'sequence', mark, items: [] })
      this.#indentlessItems(node)
      return node
    }
    const { type, text, isPlain } = this.#scanner.peek()
    if (type === 'scalar') {
      this.#scanner.take()
      return named({ kind: 'scalar', mark, text, tag, isPlain: tag === '!' || (tag === '' && isPlain === true) })
    }
    if (type === '[' || (block && type === 'blockSequence')) {
      const node = named<SequenceNode>({ kind: 'sequence', mark, items: [] })
      if (type === '[') this.#flowItems(node)
      else this.#blockItems(node)
      return node
    }
    if (type === '{' || (block && type === 'blockMapping')) {
      const node = named<MappingNode>({ kind: 'mapping', mark, pairs: [] })
      if (type === '{') this.#flowPairs(node)
      else this.#blockPairs(node)
      return node
    }
    if (anchor !== undefined || tag !== '') return named({ kind: 'scalar', mark, text: '', tag, isPlain: tag === '' })
    throw parserProblem('did not find expected node content', this.#here)
  }

  #alias({ text: name, mark }: Token): AliasNode {
    const target = this.#anchors.get(name)
    if (target === undefined) throw new YamlProblem(`yaml: unknown anchor '${name}' referenced`)
    return { kind: 'alias', mark, name, target }
  }

  #properties(): { readonly anchor: string | undefined; readonly tag: string } {
    let anchor: string | undefined
    let tag = ''
    const own = (type: 'anchor' | 'tag'): void => {
      if (!this.#sees(type)) return
      const token = this.#scanner.take()
      if (type === 'anchor') anchor = token.text
      else tag = this.#tagOf(token)
    }
    const [first, second] = this.#sees('anchor') ? (['anchor', 'tag'] as const) : (['tag', 'anchor'] as const)
    own(first)
    if (anchor !== undefined || tag !== '') own(second)
    return { anchor, tag }
  }

  #tagOf({ text, mark }: Token): string {
    if (!text.startsWith('!') || text === '!') return text
    const [, handle = '!', suffix = ''] = /^(!\w*!)(.*)$/.exec(text) ?? [text, '!', text.slice(1)]
    const prefix = this.#handles.get(handle)
    if (prefix === undefined) throw parserProblem('found undefined tag handle', mark)
    return prefix + suffix
  }

  #blockItems({ items }: SequenceNode): void {
    this.#scanner.take()
    while (this.#sees('-')) {
      const { mark } = this.#scanner.take()
      items.push(this.#unless(['-', 'blockEnd'], true, false, mark))
    }
    if (!this.#skips('blockEnd')) throw parserProblem("did not find expected '-' indicator", this.#here)
  }

  #indentlessItems({ items }: SequenceNode): void {
    while (this.#sees('-')) {
      const { mark } = this.#scanner.take()
      items.push(this.#unless(['-', 'key', 'value', 'blockEnd'], true, false, mark))
    }
  }

  #blockPairs({ pairs }: MappingNode): void {
    this.#scanner.take()
    while (this.#sees('key')) {
      const { mark } = this.#scanner.take()
      const ends: TokenType[] = ['key', 'value', 'blockEnd']
      const key = this.#unless(ends, true, true, mark)
      const value = this.#sees('value')
        ? this.#unless(ends, true, true, this.#scanner.take().mark)
        : this.#empty(this.#here)
      pairs.push([key, value])
    }
    if (!this.#skips('blockEnd')) throw parserProblem('did not find expected key', this.#here)
  }

  #flowItems({ items }: SequenceNode): void {
    this.#eachInFlow(']', () => {
      if (!this.#sees('key')) {
        items.push(this.#node(false, false))
        return
      }
      const { mark } = this.#scanner.take()
      const key = this.#sees('value', ',', ']') ? this.#empty(this.#scanner.take().mark) : this.#node(false, false)
      items.push({ kind: 'mapping', mark, pairs: [[key, this.#flowValue(']')]] })
    })
  }

  #flowPairs({ pairs }: MappingNode): void {
    this.#eachInFlow('}', () => {
      if (!this.#sees('key')) {
        const key = this.#node(false, false)
        pairs.push([key, this.#empty(this.#here)])
        return
      }
      this.#scanner.take()
      const key = this.#unless(['value', ',', '}'], false, false)
      pairs.push([key, this.#flowValue('}')])
    })
  }

  #flowValue(end: ']' | '}'): YamlNode {
    return this.#skips('value') ? this.#unless([',', end], false, false) : this.#empty(this.#here)
  }

  /** Up to the end; a comma before that is nothing. */
  #eachInFlow(end: ']' | '}', read: () => void): void {
    this.#scanner.take()
    for (let isFirst = true; !this.#sees(end); isFirst = false) {
      if (!isFirst && !this.#skips(',')) throw parserProblem(`did not find expected ',' or '${end}'`, this.#here)
      if (this.#sees(end)) break
      read()
    }
    this.#scanner.take()
  }
}
