/**
 * An object inside of a custom resource. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta.
 */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { label1035Problems } from '../../kube/syntax.ts'
import { annotationCauses, ownerCauses } from '../rules/metadata.ts'
import { labelCauses } from '../rules/label-selector.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>

/** It says what it is; its metadata is optional and well-formed. */
export function embeddedCauses(value: Readonly<Record<string, unknown>>, path: string): Cause[] {
  const { apiVersion, kind, metadata } = value
  const { labels, annotations, ownerReferences } = (isRecord(metadata) ? metadata : {}) as Partial<
    KubeObject['metadata']
  >
  return [
    ...typeCauses(`${path}.apiVersion`, apiVersion, versionProblem),
    ...typeCauses(`${path}.kind`, kind, kindProblem),
    ...labelCauses(`${path}.metadata.labels`, labels),
    ...annotationCauses(annotations ?? {}, `${path}.metadata.annotations`),
    ...ownerCauses(ownerReferences ?? [], `${path}.metadata.ownerReferences`),
  ]
}

function typeCauses(field: string, value: unknown, problem: (text: string) => string | undefined): Cause[] {
  if (value === undefined) return [required(field)]
  if (typeof value !== 'string') return [invalidValue(field, value, 'must be a string')]
  if (value === '') return [invalidValue(field, value, 'must not be empty')]
  const wrong = problem(value)
  return wrong === undefined ? [] : [invalidValue(field, value, wrong)]
}

const versionProblem = (text: string): string | undefined =>
  text.split('/').length > 2 ? `unexpected GroupVersion string: ${text}` : undefined

function kindProblem(text: string): string | undefined {
  const problems = label1035Problems(text.toLowerCase())
  return problems.length === 0 ? undefined : `may have mixed case, but should otherwise match: ${problems.join(',')}`
}
