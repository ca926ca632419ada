/** Label and field selectors. Source: k8s.io/apimachinery/pkg/labels/selector.go, pkg/fields/selector.go. */

export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export class SelectorError extends Error {
  override readonly name = 'SelectorError'
}

const namePattern = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`
const keyPattern = String.raw`(?:[a-z0-9][-a-z0-9.]*\/)?${namePattern}`
const valuePattern = String.raw`(?:${namePattern})?`
const setTerm = new RegExp(String.raw`^\s*(${keyPattern})\s+(in|notin)\s+\(([^()]*)\)\s*(?:,|$)`)
const equalityTerm = new RegExp(String.raw`^\s*(${keyPattern})\s*(==|=|!=)\s*(${valuePattern})\s*(?:,|$)`)
const orderTerm = new RegExp(String.raw`^\s*(${keyPattern})\s*(>|<)\s*(-?\d+)\s*(?:,|$)`)
const existsTerm = new RegExp(String.raw`^\s*(!?)\s*(${keyPattern})\s*(?:,|$)`)

/** Compiles `a=b,c!=d,e in (f,g),h,!i`; throws {@link SelectorError} for anything else. */
export function parseLabelSelector(text: string): LabelMatcher {
  const terms: LabelMatcher[] = []
  let rest = text
  while (rest.trim() !== '') {
    const [term, length] = parseTerm(rest)
    terms.push(term)
    rest = rest.slice(length)
  }
  return (labels) => terms.every((term) => term(labels))
}

function parseTerm(text: string): [LabelMatcher, number] {
  const set = setTerm.exec(text)
  if (set !== null) {
    const key = set[1] as string
    const values = new Set((set[3] as string).split(',').map((value) => value.trim()))
    const wanted = set[2] === 'in'
    return [
      (labels) => {
        const value = labels?.[key]
        return value === undefined ? !wanted : values.has(value) === wanted
      },
      set[0].length,
    ]
  }
  const equality = equalityTerm.exec(text)
  if (equality !== null) {
    const key = equality[1] as string
    const value = equality[3] as string
    const wanted = equality[2] !== '!='
    return [(labels) => (labels?.[key] === value) === wanted, equality[0].length]
  }
  const order = orderTerm.exec(text)
  if (order !== null) {
    const key = order[1] as string
    const bound = Number(order[3])
    const sign = order[2] === '>' ? 1 : -1
    return [(labels) => labels?.[key] !== undefined && sign * (Number(labels[key]) - bound) > 0, order[0].length]
  }
  const exists = existsTerm.exec(text)
  if (exists !== null) {
    const key = exists[2] as string
    const wanted = exists[1] === ''
    return [(labels) => (labels !== undefined && Object.hasOwn(labels, key)) === wanted, exists[0].length]
  }
  throw new SelectorError(`unable to parse requirement: found '${text.trim().split(/[\s,]/)[0] ?? text}'`)
}

/** Compiles a metav1.LabelSelector. An empty selector matches everything. */
export function labelSelectorMatcher(selector: LabelSelector): LabelMatcher {
  const equalities = Object.entries(selector.matchLabels ?? {})
  const expressions = selector.matchExpressions ?? []
  return (labels) =>
    equalities.every(([key, value]) => labels?.[key] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const value = labels?.[key]
      if (operator === 'In') return value !== undefined && values.includes(value)
      if (operator === 'NotIn') return value === undefined || !values.includes(value)
      if (operator === 'Exists') return value !== undefined
      return value === undefined
    })
}

export interface FieldTerm {
  readonly field: string
  readonly equal: boolean
  readonly value: string
}

/** Splits `metadata.name=a,spec.nodeName!=b`; which fields exist is the resource's business. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term)
      if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
      return { field: match[1] as string, equal: match[2] !== '!=', value: match[3] as string }
    })
}
