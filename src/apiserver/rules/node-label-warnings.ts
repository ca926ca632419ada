/** Labels of nodes that have newer names, wherever nodes are chosen. Source: k8s.io/kubernetes/pkg/api/{node,storage}/util.go. */
import { isRecord, records } from '../../kube/object.ts'
import { labelValueProblems } from '../../kube/syntax.ts'

type Json = Record<string, unknown>

const renamed: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

/** Of one label, which is named besides where the path doesn't say it. */
export function labelWarnings(at: string, label: unknown, named = false): string[] {
  const text = typeof label === 'string' ? renamed[label] : undefined
  return text === undefined ? [] : [`${at}: ${named ? `${String(label)} is ` : ''}${text}`]
}

/** Of all that a selector names; `pathOf` says where. */
export const namedLabelWarnings = (labels: unknown, pathOf: (label: string) => string): string[] =>
  isRecord(labels) ? Object.keys(labels).flatMap((label) => labelWarnings(pathOf(label), label)) : []

const keyWarnings = (expressions: unknown, at: string): string[] =>
  records(expressions).flatMap(({ key }, index) => labelWarnings(`${at}.matchExpressions[${index}].key`, key, true))

/** Source: GetWarningsForNodeSelector. */
export const selectorWarnings = (selector: unknown, at: string): string[] =>
  isRecord(selector)
    ? [
        ...keyWarnings(selector['matchExpressions'], at),
        ...namedLabelWarnings(selector['matchLabels'], (label) => `${at}.matchLabels.${label}`),
      ]
    : []

/** Of terms of which one has to hold; `checksValues`: nobody has refused values that no label has. */
export const termWarnings = ({ matchExpressions }: Json, at: string, checksValues: boolean): string[] =>
  records(matchExpressions).flatMap(({ key, values }, index) => {
    const path = `${at}.matchExpressions[${index}]`
    return [
      ...labelWarnings(`${path}.key`, key, true),
      ...(checksValues && Array.isArray(values) ? (values as string[]) : []).flatMap((value, n) =>
        labelValueProblems(value).map((problem) => `${path}.values[${n}]: ${value} is invalid, ${problem}`),
      ),
    ]
  })
