/** What is odd in the spec of a pod, and allowed. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go. */
import { deepEqual, isRecord, recordOf, records } from '../../kube/object.ts'
import { addressWarnings } from './address.ts'
import { appArmorPrefix, appArmorText, profileOf, seccompOfContainer, seccompOfPod } from './security-annotations.ts'
import { containerLists } from './container.ts'
import { claimWarnings, containerWarnings, fractionWarnings } from './container-warnings.ts'
import { labelWarnings, namedLabelWarnings, termWarnings } from './node-label-warnings.ts'
import { oldAnnotationWarnings } from './old-annotations.ts'
import { overlapWarnings } from './overlap-warnings.ts'
import { portWarnings } from './port-warnings.ts'
import { retiredWarnings } from './retired-volume-sources.ts'

type Json = Record<string, unknown>

/** `at` is where the pod or the template is: '' for pods, a path with a dot behind it for others. */
export function podWarnings(pod: unknown, at: string): string[] {
  const { spec: given, metadata } = recordOf(pod)
  if (!isRecord(given)) return []
  const spec = `${at}spec`
  const annotations = recordOf(recordOf(metadata)['annotations'])
  const { hostAliases, imagePullSecrets, overhead, dnsConfig, terminationGracePeriodSeconds: grace } = given
  const nameservers = recordOf(dnsConfig)['nameservers']
  return [
    ...placeWarnings(given, spec),
    ...oldAnnotationWarnings(oldAnnotations, annotations, at),
    ...volumesWarnings(records(given['volumes']), `${spec}.volumes`),
    ...aliasWarnings(records(hostAliases), `${spec}.hostAliases`),
    ...secretWarnings(records(imagePullSecrets), `${spec}.imagePullSecrets`),
    ...['memory', 'ephemeral-storage'].flatMap((name) =>
      fractionWarnings(recordOf(overhead)[name], `${spec}.overhead[${name}]`),
    ),
    ...(annotations[seccompOfPod] !== undefined && !hasProfile(given, 'seccompProfile')
      ? [`${at}metadata.annotations[${seccompOfPod}]: ${seccompText}`]
      : []),
    ...containerLists.flatMap((list) =>
      records(given[list]).flatMap((container, index) => [
        ...profileWarnings(container, given, annotations, at),
        ...containerWarnings(container, `${spec}.${list}[${index}]`),
      ]),
    ),
    ...portWarnings(given, spec),
    ...(Number(grace ?? 0) < 0
      ? [`${spec}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(given, spec),
    ...(Array.isArray(nameservers) ? nameservers : []).flatMap((ip, index) =>
      addressWarnings(`${spec}.dnsConfig.nameservers[${index}]`, String(ip)),
    ),
    ...records(hostAliases).flatMap(({ ip }, index) =>
      typeof ip === 'string' ? addressWarnings(`${spec}.hostAliases[${index}].ip`, ip) : [],
    ),
  ]
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
const none = 'labelSelector: a null labelSelector results in matching no pod'

/** Of the nodes that it may be on. */
function placeWarnings({ nodeSelector, affinity, topologySpreadConstraints }: Json, at: string): string[] {
  const node = recordOf(recordOf(affinity)['nodeAffinity'])
  const path = `${at}.affinity.nodeAffinity`
  return [
    ...namedLabelWarnings(nodeSelector, (label) => `${at}.nodeSelector[${label}]`),
    ...records(recordOf(node[required])['nodeSelectorTerms']).flatMap((term, index) =>
      termWarnings(term, `${path}.${required}.nodeSelectorTerms[${index}]`, false),
    ),
    ...records(node[preferred]).flatMap(({ preference }, index) =>
      termWarnings(recordOf(preference), `${path}.${preferred}[${index}].preference`, true),
    ),
    ...records(topologySpreadConstraints).flatMap(({ topologyKey, labelSelector }, index) => {
      const constraint = `${at}.topologySpreadConstraints[${index}]`
      return [
        ...labelWarnings(`${constraint}.topologyKey`, topologyKey, true),
        ...(labelSelector === undefined ? [`${constraint}.${none}`] : []),
      ]
    }),
  ]
}

const oldAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

const volumesWarnings = (volumes: readonly Json[], at: string): string[] => [
  ...volumes.flatMap((volume, index) => {
    const template = recordOf(recordOf(volume['ephemeral'])['volumeClaimTemplate'])
    return [
      ...retiredWarnings(volume, `${at}[${index}]`),
      ...claimWarnings(template['spec'], `${at}[${index}].ephemeral.volumeClaimTemplate.spec`),
    ]
  }),
  ...volumes.flatMap(overlapWarnings),
]

const aliasWarnings = (aliases: readonly Json[], at: string): string[] =>
  aliases.flatMap(({ ip }, index) =>
    aliases.slice(0, index).some((other) => other['ip'] === ip)
      ? [`${at}[${index}].ip: duplicate ip ${JSON.stringify(ip ?? '')}`]
      : [],
  )

function secretWarnings(secrets: readonly Json[], at: string): string[] {
  const names = secrets.map(({ name }) => JSON.stringify(name ?? ''))
  return [
    ...names.flatMap((name, index) =>
      names.indexOf(name) < index ? [`${at}[${index}].name: duplicate name ${name}`] : [],
    ),
    ...names.flatMap((name, index) => (name === '""' ? [`${at}[${index}].name: invalid empty name ""`] : [])),
  ]
}

const hasProfile = ({ securityContext }: Json, name: string): boolean => isRecord(recordOf(securityContext)[name])

const seccompText = 'non-functional in v1.27+; use the "seccompProfile" field instead'

/** Of annotations that stand for a container's fields. Those of pods become fields: then it is said of them there. */
function profileWarnings(container: Json, pod: Json, annotations: Json, at: string): string[] {
  const { name } = container
  const [seccomp, appArmor] = [seccompOfContainer, appArmorPrefix].map((prefix) => `${prefix}${String(name)}`) as [
    string,
    string,
  ]
  const isTemplate = at !== ''
  const said = annotations[appArmor]
  const ofPod = recordOf(pod['securityContext'])['appArmorProfile']
  const isOther = ofPod === undefined || !deepEqual(ofPod, profileOf(String(said)))
  return [
    ...(annotations[seccomp] !== undefined && !hasProfile(container, 'seccompProfile')
      ? [`${at}metadata.annotations[${seccomp}]: ${seccompText}`]
      : []),
    ...(isTemplate && said !== undefined && !hasProfile(container, 'appArmorProfile') && isOther
      ? [`${at}metadata.annotations[${appArmor}]: ${appArmorText}`]
      : []),
  ]
}

/** Selectors that are not there select nothing. */
function affinityWarnings({ affinity }: Json, at: string): string[] {
  return ['podAffinity', 'podAntiAffinity'].flatMap((kind) => {
    const { [required]: must, [preferred]: should } = recordOf(recordOf(affinity)[kind])
    const path = `${at}.affinity.${kind}`
    return [
      ...records(must).flatMap(({ labelSelector }, index) =>
        labelSelector === undefined ? [`${path}.${required}[${index}].${none}`] : [],
      ),
      ...records(should).flatMap(({ podAffinityTerm }, index) =>
        recordOf(podAffinityTerm)['labelSelector'] === undefined
          ? [`${path}.${preferred}[${index}].podAffinityTerm.${none}`]
          : [],
      ),
    ]
  })
}
