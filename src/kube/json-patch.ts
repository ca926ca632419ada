/**
 * JSON patch as Kubernetes' library has it, which is laxer than RFC 6902: a member that isn't there can be replaced,
 * copied and tested for null, a value that isn't there is null, items are counted from behind by negative numbers, and
 * what stands before the first slash of a path is nothing. Source: gopkg.in/evanphx/json-patch.v4.
 */
import { notUnmarshaled } from './go-print.ts'
import { deepEqual, isMap, isRecord, setOwn } from './object.ts'

export class PatchError extends Error {
  override readonly name = 'PatchError'
}

/** As the server that has no patch grow its objects without limit. */
const copiedBytesMax = 3 * 1024 * 1024

interface Operation {
  readonly op?: unknown
  readonly path?: unknown
  readonly from?: unknown
  readonly value?: unknown
}

/** The operations of a patch, none where it is null. Throws {@link PatchError} for anything else. */
export function operationsOf(patch: unknown): readonly unknown[] {
  if (!Array.isArray(patch ?? [])) throw new PatchError(notUnmarshaled(patch, 'jsonpatch.Patch'))
  const operations = (patch ?? []) as readonly unknown[]
  const other = operations.find((operation) => operation !== null && !isRecord(operation))
  if (other !== undefined) throw new PatchError(notUnmarshaled(other, 'jsonpatch.Operation'))
  return operations
}

/** The patched copy; the target stays as it is. Throws {@link PatchError} in the library's words. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  const patching = new Patching(copyOf(target))
  for (const operation of operations) patching.apply(operation ?? {})
  return patching.document
}

type Container = Record<string, unknown> | unknown[]

/** Where a path leads: the last step, and what it leads from. */
interface Place {
  readonly within: Container
  readonly key: string
}

class Patching {
  document: unknown
  #copiedBytes = 0

  constructor(document: unknown) {
    this.document = document
  }

  apply(operation: Operation): void {
    const value = copyOf(operation.value ?? null)
    switch (operation.op) {
      case 'add':
        return this.#add(operation, value)
      case 'remove':
        return this.#remove(operation)
      case 'replace':
        return this.#replace(operation, value)
      case 'move':
        return this.#move(operation)
      case 'test':
        return this.#test(operation, value)
      case 'copy':
        return this.#copy(operation)
      default:
        throw new PatchError(`Unexpected kind: ${typeof operation.op === 'string' ? operation.op : 'unknown'}`)
    }
  }

  #add({ path }: Operation, value: unknown): void {
    if (typeof path !== 'string') throw new PatchError('add operation failed to decode path: missing value')
    const place = this.#find(path)
    if (place === undefined) throw missing('add', `path: "${path}"`)
    within(`error in add for path: '${path}': `, () => insert(place, value))
  }

  #remove({ path }: Operation): void {
    if (typeof path !== 'string') throw new PatchError('remove operation failed to decode path: missing value')
    const place = this.#find(path)
    if (place === undefined) throw missing('remove', `path: "${path}"`)
    within(`error in remove for path: '${path}': `, () => remove(place))
  }

  #replace({ path }: Operation, value: unknown): void {
    if (typeof path !== 'string') throw undecoded('replace', 'path')
    if (path === '') {
      if (!isRecord(value) && !Array.isArray(value))
        throw new PatchError('replace operation value must be object or array: %!w(<nil>)')
      this.document = value
      return
    }
    const place = this.#find(path)
    if (place === undefined) throw missing('replace', `path: ${path}`)
    if (stepProblem(place, 0) !== undefined) throw missing('replace', `key: ${path}`)
    write(place, value)
  }

  #move({ from, path }: Operation): void {
    if (typeof from !== 'string') throw undecoded('move', 'from')
    const source = this.#find(from)
    if (source === undefined) throw missing('move', `from path: ${from}`)
    const value = within(`error in move for path: '${source.key}': `, () => {
      const there = read(source)
      remove(source)
      return there
    })
    if (typeof path !== 'string') throw undecoded('move', 'path')
    const place = this.#find(path)
    if (place === undefined) throw missing('move', `destination path: ${path}`)
    within(`error in move for path: '${path}': `, () => insert(place, value))
  }

  #test({ path }: Operation, value: unknown): void {
    if (typeof path !== 'string') throw undecoded('test', 'path')
    const place = this.#find(path)
    if (path !== '' && place === undefined)
      throw new PatchError(`test operation does not apply: is missing path: ${path}: missing value`)
    const there = place === undefined ? this.document : within(`error in test for path: '${path}': `, () => read(place))
    if (!deepEqual(there ?? null, value)) throw new PatchError(`testing value ${path} failed: test failed`)
  }

  #copy({ from, path }: Operation): void {
    if (typeof from !== 'string') throw undecoded('copy', 'from')
    const source = this.#find(from)
    if (source === undefined) throw missing('copy', `from path: ${from}`)
    const value = within(`error in copy for from: '${from}': `, () => read(source) ?? null)
    if (typeof path !== 'string') throw new PatchError('copy operation failed to decode path: missing value')
    const place = this.#find(path)
    if (place === undefined) throw missing('copy', `destination path: ${path}`)
    this.#copiedBytes += JSON.stringify(value).length
    if (this.#copiedBytes > copiedBytesMax)
      throw new PatchError(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copiedBytes}, exceeding the limit ${copiedBytesMax}`,
      )
    within('error while adding value during copy: ', () => insert(place, copyOf(value)))
  }

  /** Undefined where the path leads through something that has no members. */
  #find(path: string): Place | undefined {
    const [, ...steps] = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    const key = steps.pop()
    if (key === undefined) return undefined
    let at = this.document
    for (const step of steps) {
      const place = isContainer(at) ? { within: at, key: step } : undefined
      if (place === undefined || stepProblem(place, 0) !== undefined) return undefined
      at = read(place)
    }
    return isContainer(at) ? { within: at, key } : undefined
  }
}

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isMap(value)

const missing = (op: string, what: string): PatchError =>
  new PatchError(`${op} operation does not apply: doc is missing ${what}: missing value`)

const undecoded = (op: string, field: 'path' | 'from'): PatchError =>
  new PatchError(
    `${op} operation failed to decode ${field}: operation${field === 'from' ? ',' : ''} missing ${field} field: missing value`,
  )

/** A copy that shares nothing that can be changed. Numbers that are too long for a double are objects, and stay. */
function copyOf(value: unknown): unknown {
  if (!isContainer(value)) return value
  if (Array.isArray(value)) return value.map(copyOf)
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, copyOf(item))
  return copy
}

/** Puts those words before what goes wrong in there. */
function within<T>(words: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PatchError ? new PatchError(words + error.message) : (error as Error)
  }
}

/** Why a step means no item of a list; `added` is 1 where the end of the list can be meant too. */
function stepProblem({ within: list, key: step }: Place, added: 0 | 1): string | undefined {
  if (!Array.isArray(list)) return undefined
  if (!/^[+-]?\d+$/.test(step)) {
    const problem = `strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`
    return added === 1 ? `value was not a proper array index: '${step}': ${problem}` : problem
  }
  const [index, length] = [Number(step), list.length + added]
  return index >= length || index < -length ? `Unable to access invalid index: ${index}: invalid index` : undefined
}

/** Which item a step means. Throws where it means none. */
function indexOf(list: unknown[], step: string, added: 0 | 1): number {
  const problem = stepProblem({ within: list, key: step }, added)
  if (problem !== undefined) throw new PatchError(problem)
  const index = Number(step)
  return index < 0 ? index + list.length + added : index
}

function read({ within: from, key }: Place): unknown {
  if (Array.isArray(from)) return from[indexOf(from, key, 0)]
  return Object.hasOwn(from, key) ? from[key] : undefined
}

function write({ within: into, key }: Place, value: unknown): void {
  if (Array.isArray(into)) into[indexOf(into, key, 0)] = value
  else setOwn(into, key, value)
}

function insert({ within: into, key }: Place, value: unknown): void {
  if (!Array.isArray(into)) setOwn(into, key, value)
  else if (key === '-') into.push(value)
  else into.splice(indexOf(into, key, 1), 0, value)
}

function remove({ within: from, key }: Place): void {
  if (Array.isArray(from)) from.splice(indexOf(from, key, 0), 1)
  else if (Object.hasOwn(from, key)) delete from[key]
  else throw new PatchError(`Unable to remove nonexistent key: ${key}: missing value`)
}
