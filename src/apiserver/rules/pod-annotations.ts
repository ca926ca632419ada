/** Annotations of pods that mean something to the server. Source: k8s.io/kubernetes/pkg/apis/core/validation. */
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { appArmorPrefix, profileAnnotationCauses } from './security-annotations.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>
type Annotations = Readonly<Record<string, string>>

/** Of a static pod, whom its node keeps in sight. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror'
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

/** Source: ValidatePodSpecificAnnotations. */
export function podAnnotationCauses(annotations: Annotations = {}, spec: Json, at: string): Cause[] {
  const { [mirrorAnnotation]: mirror, [deletionCost]: cost } = annotations
  return [
    ...(mirror !== undefined && (spec['nodeName'] ?? '') === ''
      ? [invalidValue(`${at}[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set')]
      : []),
    ...(cost !== undefined && !isCost(cost)
      ? [invalidValue(`${at}[${deletionCost}]`, cost, 'must be a 32bit integer')]
      : []),
    ...profileAnnotationCauses(annotations, spec, at),
  ]
}

const costMax = 2 ** 31 - 1

/** Source: pkg/apis/core/helper, GetDeletionCostFromPodAnnotations. */
const isCost = (text: string): boolean =>
  /^(0|-\d+|[1-9]\d*)$/.test(text) && Number(text) <= costMax && Number(text) >= -costMax - 1

/** What an update may not do to them. Source: ValidatePodSpecificAnnotationUpdates. */
export function changedAnnotationCauses(now: Annotations = {}, was: Annotations = {}, spec: Json, at: string): Cause[] {
  const refused = (keys: readonly string[], appArmor: string, mirror: string): Cause[] =>
    keys.flatMap((key) => [
      ...(key.startsWith(appArmorPrefix) ? [forbiddenValue(`${at}[${key}]`, appArmor)] : []),
      ...(key === mirrorAnnotation ? [forbiddenValue(`${at}[${key}]`, mirror)] : []),
    ])
  const changed = Object.keys(was).filter((key) => now[key] !== was[key])
  const added = Object.keys(now).filter((key) => !(key in was))
  return [
    ...refused(
      changed,
      'may not remove or update AppArmor annotations',
      'may not remove or update mirror pod annotation',
    ),
    ...refused(added, 'may not add AppArmor annotations', 'may not add mirror pod annotation'),
    ...podAnnotationCauses(now, spec, at),
  ]
}
