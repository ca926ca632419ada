import type { Structural } from './structural.ts'

/** Whether a schema or anything below it passes a test; each is looked at once. */
export function holding(test: (node: Structural) => boolean): (node: Structural) => boolean {
  const known = new WeakMap<Structural, boolean>()
  return function holds(node): boolean {
    let answer = known.get(node)
    if (answer === undefined) {
      const below = [...node.properties.values(), node.additional, node.items]
      answer = test(node) || below.some((each) => each !== undefined && holds(each))
      known.set(node, answer)
    }
    return answer
  }
}
