/** How one overload of a function is written down: `id TARGET->name(ARGUMENT, …): RESULT`. */
import assert from 'node:assert'
import * as t from './types.ts'

export interface Overload {
  readonly id: string
  readonly name: string
  readonly isMember: boolean
  /** The target's type first, where there is one. */
  readonly args: readonly t.Type[]
  readonly result: t.Type
}

const plain: Readonly<Record<string, t.Type>> = {
  bool: t.bool,
  int: t.int,
  uint: t.uint,
  double: t.double,
  string: t.string,
  bytes: t.bytes,
  timestamp: t.timestamp,
  duration: t.duration,
  dyn: t.dyn,
  IP: t.opaque('net.IP'),
  CIDR: t.opaque('net.CIDR'),
  URL: t.struct('kubernetes.URL'),
  Quantity: t.struct('kubernetes.Quantity'),
  Semver: t.struct('kubernetes.Semver'),
  Format: t.struct('kubernetes.NamedFormat'),
  ...Object.fromEntries(
    ['Authorizer', 'PathCheck', 'GroupCheck', 'ResourceCheck', 'Decision'].map((name) => [
      name,
      t.struct(`kubernetes.authorization.${name}`),
    ]),
  ),
}

const composed: Readonly<Record<string, (...params: t.Type[]) => t.Type>> = {
  list: t.list,
  map: t.map,
  optional: t.optional,
  type: t.typeOf,
}

export function parseOverload(line: string): Overload {
  const [, id, target, name, args, result] = /^(\S+) (?:(\S.*?)->)?([^\s(]+)\((.*)\): (.+)$/.exec(line) ?? []
  assert(id !== undefined && name !== undefined && args !== undefined && result !== undefined, line)
  return {
    id,
    name,
    isMember: target !== undefined,
    args: [...(target === undefined ? [] : [target]), ...split(args)].map(parseType),
    result: parseType(result),
  }
}

/** A type as declarations write it: `map(string, list(A))`. */
export function parseType(text: string): t.Type {
  const open = text.indexOf('(')
  if (open < 0) return plain[text] ?? (assert(/^[A-Z]$/.test(text), text), t.param(text))
  const compose = composed[text.slice(0, open)]
  assert(compose !== undefined, text)
  return compose(...split(text.slice(open + 1, -1)).map(parseType))
}

/** At the commas that are not within brackets. */
function split(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const char of text) {
    depth += Number(char === '(') - Number(char === ')')
    if (char === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += char
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => each !== '')
}
