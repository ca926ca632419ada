/** What a pod gets of its runtime class. Source: k8s.io/kubernetes/plugin/pkg/admission/runtimeclass, pkg/util/tolerations. */
import { isAlike } from '../../kube/object.ts'
import { failure, notAllowed } from '../../kube/status.ts'
import type { Objects } from '../definition.ts'
import { runtimeClasses } from '../resources/runtimeclasses.ts'
import type { KubeObject } from '../types.ts'
import { pathSegmentProblems } from './metadata.ts'
import type { Toleration } from './placement.ts'

type Labels = Readonly<Record<string, string>>

interface Spec {
  readonly runtimeClassName?: string
  readonly overhead?: Labels
  readonly nodeSelector?: Labels
  readonly tolerations?: readonly Toleration[]
}

interface RuntimeClass {
  readonly overhead?: { readonly podFixed?: Labels }
  readonly scheduling?: Pick<Spec, 'nodeSelector' | 'tolerations'>
}

/** The pod's spec; throws 403 where there is no such class, or the pod says something else. */
export function withRuntimeClass<T extends Spec>(pod: KubeObject, spec: T, objects: Objects): T {
  const { overhead = {}, runtimeClassName: name } = spec
  const refused = (why: string): Error => notAllowed({ group: '', resource: 'pods', name: pod.metadata.name }, why)
  if (name !== undefined) requireName(name)
  const found = name === undefined ? undefined : objects.get(runtimeClasses, name)?.value
  if (name !== undefined && found === undefined)
    throw refused(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  const { overhead: defined, scheduling } = (found ?? {}) as RuntimeClass
  if (defined !== undefined && Object.keys(overhead).length > 0 && !isAlike(overhead, defined.podFixed ?? {}))
    throw refused("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  const weighed = defined?.podFixed === undefined ? spec : { ...spec, overhead: defined.podFixed }
  return scheduling === undefined ? weighed : { ...weighed, ...placed(weighed, scheduling, refused) }
}

/** Of a pod that is valid by itself. */
export function requireRuntimeOverhead(pod: KubeObject, objects: Objects): void {
  const { overhead, runtimeClassName: name } = pod.spec as Spec
  const found = name === undefined ? undefined : objects.get(runtimeClasses, name)?.value
  if (overhead === undefined || (found as RuntimeClass | undefined)?.overhead !== undefined) return
  throw notAllowed(
    { group: '', resource: 'pods', name: pod.metadata.name },
    'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  )
}

/** The real server asks itself for the class, by a path. */
function requireName(name: string): void {
  if (name === '') throw failure(500, undefined, 'resource name may not be empty')
  const problems = pathSegmentProblems(name)
  if (problems.length > 0)
    throw failure(500, undefined, `invalid resource name ${JSON.stringify(name)}: [${problems.join(' ')}]`)
}

function placed(
  { nodeSelector: own = {}, tolerations = [] }: Spec,
  { nodeSelector = {}, tolerations: more = [] }: Pick<Spec, 'nodeSelector' | 'tolerations'>,
  refused: (why: string) => Error,
): Pick<Spec, 'nodeSelector' | 'tolerations'> {
  for (const [key, value] of Object.entries(nodeSelector))
    if (key in own && own[key] !== value)
      throw refused(
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      )
  const selector = { ...own, ...nodeSelector }
  const all = merged([...tolerations, ...more])
  return {
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    ...(all.length === 0 ? {} : { tolerations: all }),
  }
}

/** Without those that another one covers; of equal ones the first stays. */
function merged(all: readonly Toleration[]): Toleration[] {
  const kept: Toleration[] = []
  for (const [index, each] of all.entries()) {
    const later = all.slice(index + 1).some((other) => !isAlike(other, each) && covers(other, each))
    if (!later && !kept.some((other) => covers(other, each))) kept.push(each)
  }
  return kept
}

/** Whether whoever bears the one bears the other. */
function covers(
  wide: Toleration,
  { key = '', operator, value = '', effect = '', tolerationSeconds }: Toleration,
): boolean {
  const { key: wideKey = '', operator: how = 'Equal', effect: wideEffect = '', tolerationSeconds: seconds } = wide
  if (isAlike(wide, { key, operator, value, effect, tolerationSeconds })) return true
  if (key !== wideKey && (wideKey !== '' || how !== 'Exists')) return false
  if (effect !== wideEffect && wideEffect !== '') return false
  if (
    wideEffect === 'NoExecute' &&
    seconds !== undefined &&
    !(tolerationSeconds !== undefined && tolerationSeconds <= seconds)
  )
    return false
  return how === 'Exists' || (how === 'Equal' && operator === 'Equal' && value === (wide.value ?? ''))
}
