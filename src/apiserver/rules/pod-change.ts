/** What may change in the spec of a pod: little. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodUpdate. */
import { deepEqual, defined } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { goDiff } from './go-diff.ts'
import { tolerationCauses, type Toleration } from './placement.ts'

type Cause = Required<StatusCause>

interface Container {
  readonly image?: string
}

/** What may change of it. */
interface Spec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly activeDeadlineSeconds?: number
  readonly terminationGracePeriodSeconds?: number
  readonly tolerations?: readonly Toleration[]
  readonly schedulingGates?: readonly { readonly name: string }[]
}

const changeable =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

export function podChangeCauses({ spec: now }: KubeObject, { spec: was }: KubeObject): Cause[] {
  const [spec, before] = [now as Spec, was as Spec]
  const lists = ['containers', 'initContainers'] as const
  const causes: Cause[] = []
  for (const list of lists) {
    const containers = spec[list] ?? []
    if (containers.length !== (before[list] ?? []).length)
      return [...causes, forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers')]
    causes.push(...containers.flatMap(({ image = '' }, index) => imageCauses(`spec.${list}[${index}].image`, image)))
  }
  causes.push(...deadlineCauses(spec, before), ...addedCauses(spec, before), ...gateCauses(spec, before))
  const munged = withChangeable(spec, before)
  return deepEqual(munged, before)
    ? causes
    : [
        ...causes,
        forbiddenValue(
          'spec',
          `pod updates may not change fields other than ${changeable}\n${goDiff('core-v1.PodSpec', before, munged)}`,
        ),
      ]
}

const imageCauses = (field: string, image: string): Cause[] => [
  ...(image === '' ? [required(field)] : []),
  ...(image.trim() === image ? [] : [invalidValue(field, image, 'must not have leading or trailing whitespace')]),
]

function deadlineCauses({ activeDeadlineSeconds: now }: Spec, { activeDeadlineSeconds: was }: Spec): Cause[] {
  if (was === undefined || now === was) return []
  const field = 'spec.activeDeadlineSeconds'
  if (now === undefined) return [invalidValue(field, null, 'must not update from a positive integer to nil value')]
  return now < was ? [] : [invalidValue(field, now, 'must be less than or equal to previous value')]
}

/** New ones are looked at once more, for themselves. */
function addedCauses({ tolerations: now = [] }: Spec, { tolerations: was = [] }: Spec): Cause[] {
  const untimed = ({ tolerationSeconds: _, ...rest }: (typeof now)[number]): object => rest
  const kept = was.every((old) => now.some((each) => deepEqual(untimed(each), untimed(old))))
  return kept
    ? tolerationCauses(now, 'spec.tolerations')
    : [forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

const gateCauses = ({ schedulingGates: now = [] }: Spec, { schedulingGates: was = [] }: Spec): Cause[] =>
  now.flatMap(({ name }, index) =>
    was.some((old) => old.name === name)
      ? []
      : [
          forbiddenValue(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )

/** The spec with what may change as it was. */
function withChangeable(spec: Spec, before: Spec): Spec {
  const images = (now: Spec['containers'], was: Spec['containers']): Spec['containers'] =>
    now?.map((container, index) => ({ ...container, image: was?.[index]?.image as string }))
  const rescued = (before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1
  const kept = {
    containers: images(spec.containers, before.containers),
    initContainers: images(spec.initContainers, before.initContainers),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    schedulingGates: before.schedulingGates,
    ...(rescued ? { terminationGracePeriodSeconds: before.terminationGracePeriodSeconds } : {}),
  }
  return defined({ ...spec, ...kept })
}
