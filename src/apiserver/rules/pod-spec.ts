/**
 * What the real server fills into pod specs, and what it refuses in them. Pods, and everything with a pod template.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation.
 */
import { isRecord } from '../../kube/object.ts'
import { notSupported, required, type StatusCause } from '../../kube/status.ts'
import { containerCauses, withContainerDefaults } from './container.ts'
import { volumeCauses, withVolumeDefaults } from './volume.ts'

type Json = Record<string, unknown>

const records = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : [])

export function withPodSpecDefaults(spec: unknown): Json {
  const given = isRecord(spec) ? spec : {}
  const each = (name: string, change: (item: Json) => Json): Json =>
    Array.isArray(given[name]) ? { [name]: records(given[name]).map(change) } : {}
  const withDefaults = withContainerDefaults(given['hostNetwork'] === true)
  const account = given['serviceAccountName'] ?? given['serviceAccount']
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...given,
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
    ...each('volumes', withVolumeDefaults),
    ...each('initContainers', withDefaults),
    ...each('containers', withDefaults),
  }
}

/** A pod template, its spec with defaults. */
export function withTemplateDefaults(template: unknown): unknown {
  return isRecord(template) ? { ...template, spec: withPodSpecDefaults(template['spec']) } : template
}

export function podSpecCauses(given: unknown, path: string): Required<StatusCause>[] {
  const spec = isRecord(given) ? given : {}
  const containers = records(spec['containers'])
  const volumes = records(spec['volumes'])
  const causes = volumeCauses(volumes, `${path}.volumes`)
  if (containers.length === 0) return [...causes, required(`${path}.containers`)]
  const names = new Set<unknown>()
  const volumeNames = volumes.map(({ name }) => name)
  for (const list of ['containers', 'initContainers'])
    for (const [index, container] of records(spec[list]).entries())
      causes.push(...containerCauses(container, `${path}.${list}[${index}]`, names, volumeNames))
  const { restartPolicy } = spec
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy))
    causes.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies))
  return causes
}

const restartPolicies: readonly unknown[] = ['Always', 'OnFailure', 'Never']
