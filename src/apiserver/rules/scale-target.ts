/** What an autoscaler scales or measures. Source: k8s.io/kubernetes/pkg/apis/autoscaling/validation, ValidateCrossVersionObjectReference. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { spelled } from './causes.ts'
import { pathSegmentProblems } from './metadata.ts'

type Cause = Required<StatusCause>

export interface Target {
  readonly kind: string
  readonly name: string
  readonly apiVersion?: string
}

/** What the version of a target may be: not looked at, any group, any group but the first. */
export type VersionRule = 'any' | 'valid' | 'grouped'

export function targetCauses(path: string, target: Target, rule: VersionRule): Cause[] {
  const named = (['kind', 'name'] as const).flatMap((field) =>
    target[field] === ''
      ? [required(`${path}.${field}`)]
      : spelled(`${path}.${field}`, target[field], pathSegmentProblems),
  )
  const problem = rule === 'any' ? undefined : versionProblem(target, rule)
  const { apiVersion = '' } = target
  return problem === undefined ? named : [...named, invalidValue(`${path}.apiVersion`, apiVersion, problem)]
}

export function versionProblem({ apiVersion = '' }: Target, rule: VersionRule): string | undefined {
  const slashes = apiVersion === '/' ? 0 : apiVersion.split('/').length - 1
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`
  const group = slashes === 0 ? '' : apiVersion.slice(0, apiVersion.indexOf('/'))
  return rule === 'grouped' && group === '' ? 'apiVersion must specify API group' : undefined
}
