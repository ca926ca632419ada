/**
 * What the real server fills into pod specs, and what it refuses in them. Pods, and everything with a pod template.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation.
 */
import { isRecord, records } from '../../kube/object.ts'
import {
  duplicate,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  required,
  tooLong,
  type StatusCause,
} from '../../kube/status.ts'
import { labelProblems, qualifiedNameProblems, subdomainProblems, type Syntax } from '../../kube/syntax.ts'
import { containerCauses, containerLists, withContainerDefaults, withHostPorts, withRequests } from './container.ts'
import { ephemeralContainerCauses } from './ephemeral-container.ts'
import { labelCauses } from './label-selector.ts'
import { affinityCauses, tolerationCauses } from './placement.ts'
import { soundVolumes, volumesCauses, withVolumeDefaults } from './volume.ts'
import { oneOf, spelled } from './causes.ts'
import { podLevelCauses, withPodLevelResources } from './pod-level-resources.ts'
import { hostNetworkCauses, hostPortCauses } from './host-port.ts'
import { claimNames, podClaimsCauses } from './pod-claims.ts'
import { dnsConfigCauses, hostAliasCauses } from './pod-network.ts'
import { spreadCauses } from './pod-affinity.ts'
import { restartCauses } from './restart-policy.ts'
import { requirementCauses } from './requirements.ts'
import { podSecurityCauses } from './security-context.ts'
import { hostProcessCauses, hostUsersCauses, systemCauses } from './pod-os.ts'

type Json = Record<string, unknown>

export function withPodSpecDefaults(spec: unknown): Json {
  const given = isRecord(spec) ? spec : {}
  const each = (name: string, change: (item: Json) => Json): Json =>
    Array.isArray(given[name]) ? { [name]: records(given[name]).map(change) } : {}
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
    ...each('initContainers', withContainerDefaults),
    ...each('containers', withContainerDefaults),
    ...each('ephemeralContainers', withContainerDefaults),
  }
}

/** What pods have by default besides, and templates do not. */
export function withPodDefaults(given: unknown): Json {
  const spec = withPodSpecDefaults(given)
  const hosted = spec['hostNetwork'] === true ? withHostPorts : (container: Json): Json => container
  const requesting = Object.fromEntries(
    ['initContainers', 'containers']
      .filter((list) => Array.isArray(spec[list]))
      .map((list) => [list, records(spec[list]).map((container) => hosted(withRequests(container)))]),
  )
  return withPodLevelResources({ enableServiceLinks: true, ...spec, ...requesting })
}

/** A pod template, its spec with defaults. */
export function withTemplateDefaults(template: unknown): unknown {
  return isRecord(template) ? { ...template, spec: withPodSpecDefaults(template['spec']) } : template
}

export function podSpecCauses(given: unknown, path: string): Required<StatusCause>[] {
  const spec = isRecord(given) ? given : {}
  const containers = records(spec['containers'])
  const volumes = records(spec['volumes'])
  const podClaims = records(spec['resourceClaims'])
  const claims = claimNames(podClaims)
  const causes = [...volumesCauses(volumes, `${path}.volumes`), ...podClaimsCauses(podClaims, `${path}.resourceClaims`)]
  if (containers.length === 0) causes.push(required(`${path}.containers`))
  const names = new Set<unknown>()
  const inPod = { spec, volumes: soundVolumes(volumes, `${path}.volumes`), claims }
  for (const list of ['containers', 'initContainers']) {
    const all = records(spec[list])
    for (const [index, container] of all.entries()) {
      const at = `${path}.${list}[${index}]`
      const own = list === 'containers' ? container : alone(container)
      causes.push(...containerCauses(own, at, names, inPod))
      causes.push(...restartCauses(container, at, list === 'initContainers'))
      if (list === 'initContainers') causes.push(...initContainerCauses(container, at))
    }
    // Those that run one after the other are looked at one by one, and each is called the first.
    const together = list === 'containers' ? [all] : all.map((each) => [each])
    causes.push(...together.flatMap((some) => hostPortCauses(some, `${path}.${list}`)))
  }
  causes.push(...ephemeralContainerCauses(spec, path), ...podLevelCauses(spec, path, claims))
  causes.push(...hostNetworkCauses(spec, path))
  const { restartPolicy } = spec
  if (restartPolicy !== undefined) causes.push(...oneOf(`${path}.restartPolicy`, restartPolicy, restartPolicies))
  return [...causes, ...podCauses(spec, path)]
}

const lifecycle = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']

/** Without what only containers that stay may have. */
const alone = (container: Json): Json =>
  container['restartPolicy'] === 'Always'
    ? container
    : Object.fromEntries(Object.entries(container).filter(([name]) => !lifecycle.includes(name)))

const initContainerCauses = (container: Json, at: string): Required<StatusCause>[] =>
  container['restartPolicy'] === 'Always'
    ? []
    : lifecycle
        .filter((name) => isRecord(container[name]))
        .map((name) =>
          forbiddenValue(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'),
        )

const dnsPolicies: readonly unknown[] = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const int32Max = 2 ** 31 - 1

/** What is said of the pod as a whole. Source: ValidatePodSpec. */
function podCauses(spec: Json, path: string): Required<StatusCause>[] {
  const { dnsPolicy, dnsConfig, activeDeadlineSeconds } = spec
  const named = (name: string, problems: Syntax): Required<StatusCause>[] => {
    const { [name]: value } = spec
    return typeof value === 'string' && value !== '' ? spelled(`${path}.${name}`, value, problems) : []
  }
  const deadline =
    typeof activeDeadlineSeconds === 'number' && (activeDeadlineSeconds < 1 || activeDeadlineSeconds > int32Max)
  return [
    ...(dnsPolicy === undefined ? [] : oneOf(`${path}.dnsPolicy`, dnsPolicy, dnsPolicies)),
    ...labelCauses(`${path}.nodeSelector`, isRecord(spec['nodeSelector']) ? spec['nodeSelector'] : undefined),
    ...podSecurityCauses(spec, path),
    ...affinityCauses(spec['affinity'], `${path}.affinity`),
    ...dnsConfigCauses(dnsConfig, dnsPolicy, `${path}.dnsConfig`),
    ...records(spec['readinessGates']).flatMap(({ conditionType = '' }, index) =>
      spelled(`${path}.readinessGates[${index}].conditionType`, conditionType as string, qualifiedNameProblems),
    ),
    ...gateCauses(records(spec['schedulingGates']), `${path}.schedulingGates`),
    ...spreadCauses(records(spec['topologySpreadConstraints']), `${path}.topologySpreadConstraints`),
    ...hostProcessCauses(spec, path),
    ...hostUsersCauses(spec, path),
    ...named('serviceAccountName', subdomainProblems),
    ...named('nodeName', subdomainProblems),
    ...(deadline
      ? [
          invalidValue(
            `${path}.activeDeadlineSeconds`,
            activeDeadlineSeconds,
            `must be between 1 and ${int32Max}, inclusive`,
          ),
        ]
      : []),
    ...named('hostname', labelProblems),
    ...named('subdomain', labelProblems),
    ...tolerationCauses(records(spec['tolerations']), `${path}.tolerations`),
    ...hostAliasCauses(records(spec['hostAliases']), `${path}.hostAliases`),
    ...named('priorityClassName', subdomainProblems),
    ...(typeof spec['runtimeClassName'] === 'string'
      ? spelled(`${path}.runtimeClassName`, spec['runtimeClassName'], subdomainProblems)
      : []),
    ...preemptionCauses(spec['preemptionPolicy'], `${path}.preemptionPolicy`),
    ...(isRecord(spec['overhead']) ? requirementCauses({ limits: spec['overhead'] }, `${path}.overhead`) : []),
    ...osCauses(spec['os'], `${path}.os`),
    ...systemCauses(spec, path),
    ...(typeof spec['hostnameOverride'] === 'string'
      ? [
          ...(['setHostnameAsFQDN', 'hostNetwork'] as const)
            .filter((name) => spec[name] === true)
            .map((name) => forbiddenValue(`${path}.hostnameOverride`, `may not be specified when ${name} is true`)),
          ...overrideCauses(`${path}.hostnameOverride`, spec['hostnameOverride']),
        ]
      : []),
    ...fileVolumeCauses(spec, path),
  ]
}

const gateCauses = (gates: readonly Json[], at: string): Required<StatusCause>[] =>
  gates.flatMap(({ name = '' }, index) => [
    ...spelled(`${at}[${index}]`, name as string, qualifiedNameProblems),
    ...(gates.findIndex((other) => (other['name'] ?? '') === name) < index ? [duplicate(`${at}[${index}]`, name)] : []),
  ])

const preemptionCauses = (policy: unknown, at: string): Required<StatusCause>[] =>
  policy === undefined ? [] : policy === '' ? [required(at)] : oneOf(at, policy, ['PreemptLowerPriority', 'Never'])

/** Files that hold variables are written to an empty directory. Source: validateFileKeyRefVolumes. */
const fileVolumeCauses = (spec: Json, path: string): Required<StatusCause>[] =>
  containerLists.flatMap((list) =>
    records(spec[list]).flatMap(({ env }, index) =>
      records(env).flatMap(({ valueFrom }, at) => {
        const reference = isRecord(valueFrom) ? valueFrom['fileKeyRef'] : undefined
        if (!isRecord(reference)) return []
        const { volumeName = '' } = reference
        const field = `${path}.${list}[${index}].env[${at}].valueFrom.fileKeyRef.volumeName`
        const volume = records(spec['volumes']).find(({ name }) => name === volumeName)
        if (volume === undefined) return [notFoundValue(field, volumeName)]
        return isRecord(volume['emptyDir'])
          ? []
          : [invalidValue(field, volumeName, 'referenced volume must be of type emptyDir')]
      }),
    ),
  )

const hostnameBytesMax = 64

const overrideCauses = (field: string, name: string): Required<StatusCause>[] => [
  ...(name.length > hostnameBytesMax ? [tooLong(field, hostnameBytesMax)] : []),
  ...spelled(field, name, subdomainProblems),
]

function osCauses(os: unknown, at: string): Required<StatusCause>[] {
  if (!isRecord(os)) return []
  const { name = '' } = os
  return name === '' ? [required(`${at}.name`)] : oneOf(at, name, ['linux', 'windows'])
}

const restartPolicies: readonly unknown[] = ['Always', 'OnFailure', 'Never']
