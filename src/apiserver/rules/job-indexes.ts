/** Indexes of an indexed job, as its status lists them: `1,3-5,7`. Source: k8s.io/kubernetes/pkg/apis/batch/validation. */

type Interval = readonly [first: number, last: number]

/** The interval, or what is wrong with it. */
function intervalOf(text: string, completions: number): Interval | string {
  const parts = text.split('-')
  if (parts.length > 2)
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`
  for (const part of parts) {
    if (!/^[+-]?\d{1,18}$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`
  }
  const [first, last] = [Number(parts[0]), Number(parts.at(-1))]
  return parts.length === 2 && first >= last ? nonIncreasing(first, last) : [first, last]
}

const nonIncreasing = (previous: number, current: number): string =>
  `non-increasing order, previous: ${previous}, current: ${current}`

/** What is wrong with a list of indexes, if anything. */
export function indexesProblem(text: string, completions: number): string | undefined {
  let before = -1
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = intervalOf(part, completions)
    if (typeof interval === 'string') return interval
    if (before >= interval[0]) return nonIncreasing(before, interval[0])
    before = interval[1]
  }
  return undefined
}

/** Which index has both failed and completed, if any; what can't be read is passed over. */
export function overlapProblem(completed: string, failed: string, completions: number): string | undefined {
  const [done, lost] = [completed, failed].map((text) =>
    (text === '' ? [] : text.split(','))
      .map((part) => intervalOf(part, completions))
      .filter((interval): interval is Interval => typeof interval !== 'string'),
  ) as [Interval[], Interval[]]
  for (let i = 0, j = 0; i < done.length && j < lost.length;) {
    const [[first, last], [from, to]] = [done[i], lost[j]] as [Interval, Interval]
    if (first <= to && from <= last)
      return `failedIndexes and completedIndexes overlap at index: ${Math.max(first, from)}`
    if (first <= from) i++
    else j++
  }
  return undefined
}
