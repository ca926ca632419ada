/**
 * `spec.resources` of a pod: what its containers share.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, defaultPodRequests; pkg/apis/core/validation, validatePodResources.
 */
import { isRecord } from '../../kube/object.ts'
import { canonicalQuantity, compareQuantities } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { only } from './amounts.ts'
import { containerAmounts, isHugePages, isPodLevel, type AmountsSpec, type Requirements } from './pod-amounts.ts'
import { usedClaimCauses } from './pod-claims.ts'
import { requirementCauses } from './requirements.ts'
import { isOvercommitAllowed, podResourceNameCauses } from './resources.ts'

type Cause = Required<StatusCause>

/** A pod that limits itself asks for what its containers ask for, else for all that it may have. */
export function withPodLevelResources(spec: Record<string, unknown>): Record<string, unknown> {
  const { resources } = spec
  if (!isRecord(resources)) return spec
  const { limits = {}, requests = {} } = resources as Requirements
  if (Object.keys(limits).length + Object.keys(requests).length === 0) return spec
  const pages = only(containerAmounts(spec, 'limits'), (name) => isHugePages(name) && requests[name] === undefined)
  const allowed = { ...pages, ...limits }
  if (Object.keys(allowed).length === 0) return spec
  const asked = only(containerAmounts(spec, 'requests'), (name) => isPodLevel(name) && isOvercommitAllowed(name))
  const needed = { ...only(allowed, isPodLevel), ...asked, ...requests }
  return { ...spec, resources: { ...resources, limits: allowed, requests: needed } }
}

export function podLevelCauses(
  spec: AmountsSpec & { readonly os?: { readonly name?: string } },
  path: string,
  claims: readonly string[],
): Cause[] {
  const { resources, os, containers } = spec
  if (!isRecord(resources)) return []
  const at = `${path}.resources`
  if (os?.name === 'windows') return [forbiddenValue(at, 'may not be set for a windows pod')]
  const { limits = {}, requests = {} } = resources as Requirements
  const aggregated = (field: keyof Requirements, whole: Requirements['limits'] = {}): Cause[] =>
    Object.entries(containerAmounts(spec, field)).flatMap(([name, sum]) =>
      (field === 'requests' || isHugePages(name)) &&
      whole[name] !== undefined &&
      compareQuantities(sum, whole[name]) > 0
        ? [
            invalidValue(
              `${at}.${field}[${name}]`,
              canonicalQuantity(whole[name]),
              `must be greater than or equal to aggregate container ${field} of ${canonicalQuantity(sum)}`,
            ),
          ]
        : [],
    )
  return [
    ...('claims' in resources
      ? [forbiddenValue(`${at}.claims`, 'claims may not be set for Resources at pod-level')]
      : []),
    ...requirementCauses(resources, at, podResourceNameCauses),
    ...usedClaimCauses((resources as { claims?: Record<string, unknown>[] }).claims ?? [], claims, `${at}.claims`),
    ...aggregated('requests', requests),
    ...aggregated('limits', limits),
    ...(containers ?? []).flatMap((container, index) =>
      Object.entries(container.resources?.limits ?? {})
        .filter(([name, amount]) => compareQuantities(amount, limits[name] ?? amount) > 0)
        .map(([name, amount]) =>
          invalidValue(
            `${at}.containers[${index}][${name}].limits`,
            canonicalQuantity(amount),
            `must be less than or equal to pod limits of ${canonicalQuantity(limits[name] as string)}`,
          ),
        ),
    ),
  ]
}
