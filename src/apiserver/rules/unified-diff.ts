/**
 * The lines in which two texts differ, with three lines around them, as Python's difflib and its port to Go choose and
 * print them: the longest run of lines that both have, then the same to its left and right.
 */

interface Match {
  readonly a: number
  readonly b: number
  readonly size: number
}

type Change = readonly [same: boolean, a: number, aEnd: number, b: number, bEnd: number]

const context = 3
/** Of texts this long, lines that make up more than a hundredth don't start a match. */
const longText = 200

export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')]
  const printed = groupsOf(changesOf(a, b)).flatMap((group) => {
    const [first, last] = [group[0] as Change, group.at(-1) as Change]
    const header = `@@ -${range(first[1], last[2])} +${range(first[3], last[4])} @@`
    return [
      header,
      ...group.flatMap(([same, from, to, otherFrom, otherTo]) =>
        same
          ? a.slice(from, to).map((line) => ` ${line}`)
          : [...a.slice(from, to).map((line) => `-${line}`), ...b.slice(otherFrom, otherTo).map((line) => `+${line}`)],
      ),
    ]
  })
  return printed.map((line) => `${line}\n`).join('')
}

function range(start: number, end: number): string {
  const length = end - start
  return length === 1 ? String(start + 1) : `${length === 0 ? start : start + 1},${length}`
}

/** Equal and unequal stretches in turn, over both texts. */
function changesOf(a: readonly string[], b: readonly string[]): Change[] {
  const changes: Change[] = []
  let [i, j] = [0, 0]
  for (const match of [...matchesOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) changes.push([false, i, match.a, j, match.b])
    ;[i, j] = [match.a + match.size, match.b + match.size]
    if (match.size > 0) changes.push([true, match.a, i, match.b, j])
  }
  return changes
}

/** Changes that are close to each other are shown together. */
function groupsOf(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = []
  let group: Change[] = []
  changes.forEach(([same, a, aEnd, b, bEnd], index) => {
    const [first, last] = [index === 0, index === changes.length - 1]
    const size = aEnd - a
    if (!same) group.push([same, a, aEnd, b, bEnd])
    else if (first || last || size > 2 * context) {
      const shown = Math.min(context, size)
      if (!first) {
        group.push([true, a, a + shown, b, b + shown])
        groups.push(group)
      }
      group = last ? [] : [[true, aEnd - shown, aEnd, bEnd - shown, bEnd]]
    } else group.push([same, a, aEnd, b, bEnd])
  })
  return group.some(([same]) => !same) ? [...groups, group] : groups
}

/** Stretches that both texts have, in order, none next to the one before. */
function matchesOf(a: readonly string[], b: readonly string[]): Match[] {
  const places = placesOf(b)
  const found: Match[] = []
  const search = (aFrom: number, aTo: number, bFrom: number, bTo: number): void => {
    const match = longestMatch(a, b, places, aFrom, aTo, bFrom, bTo)
    if (match.size === 0) return
    search(aFrom, match.a, bFrom, match.b)
    found.push(match)
    search(match.a + match.size, aTo, match.b + match.size, bTo)
  }
  search(0, a.length, 0, b.length)
  return found.reduce<Match[]>((joined, match) => {
    const last = joined.at(-1)
    if (last === undefined || last.a + last.size !== match.a || last.b + last.size !== match.b)
      return [...joined, match]
    return [...joined.slice(0, -1), { ...last, size: last.size + match.size }]
  }, [])
}

function placesOf(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [index, line] of lines.entries()) {
    const known = places.get(line)
    if (known === undefined) places.set(line, [index])
    else known.push(index)
  }
  const popular = Math.floor(lines.length / 100) + 1
  if (lines.length >= longText) for (const [line, { length }] of places) if (length > popular) places.delete(line)
  return places
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  aFrom: number,
  aTo: number,
  bFrom: number,
  bTo: number,
): Match {
  let [bestA, bestB, size] = [aFrom, bFrom, 0]
  /** How long the stretch is that ends at a line of `b` and the line of `a` looked at before. */
  let lengths = new Map<number, number>()
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>()
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < bFrom || j >= bTo) continue
      const length = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, length)
      if (length > size) [bestA, bestB, size] = [i - length + 1, j - length + 1, length]
    }
    lengths = next
  }
  while (bestA > aFrom && bestB > bFrom && a[bestA - 1] === b[bestB - 1])
    [bestA, bestB, size] = [bestA - 1, bestB - 1, size + 1]
  while (bestA + size < aTo && bestB + size < bTo && a[bestA + size] === b[bestB + size]) size++
  return { a: bestA, b: bestB, size }
}
