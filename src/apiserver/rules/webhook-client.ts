/** What webhooks of admission and of conversion have in common. Source: k8s.io/apiserver/pkg/util/webhook/validation.go. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import type { WebhookClientConfig } from '../webhook-call.ts'

type Cause = Required<StatusCause>

export const addressCauses = ({ url, service }: WebhookClientConfig, at: string): Cause[] =>
  (url === undefined) === (service === undefined) ? [required(at, 'exactly one of url or service is required')] : []

/** `missing` is what is said of no versions at all. */
export function reviewVersionCauses(versions: readonly string[] | null | undefined, at: string, missing = ''): Cause[] {
  if (versions === undefined || versions === null || versions.length === 0) return [required(at, missing)]
  return versions.some((version) => version === 'v1' || version === 'v1beta1')
    ? []
    : [invalidValue(at, versions, 'must include at least one of v1, v1beta1')]
}
