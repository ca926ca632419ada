/**
 * What the real server fills into pod specs, and what it refuses in them. Pods, and everything with a pod template.
 * Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation.
 */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'

type Json = Record<string, unknown>

const records = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : [])

function imagePullPolicy(image: unknown): string {
  const name = typeof image === 'string' ? image.replace(/@.*$/, '') : ''
  const tag = /:([^/:]+)$/.exec(name)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

const withContainerDefaults = (container: Json): Json => ({
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: imagePullPolicy(container['image']),
  ...container,
  ...(container['ports'] === undefined
    ? {}
    : { ports: records(container['ports']).map((port) => ({ protocol: 'TCP', ...port })) }),
})

export function withPodSpecDefaults(spec: unknown): Json {
  const given = isRecord(spec) ? spec : {}
  const containers = (name: string): Json =>
    Array.isArray(given[name]) ? { [name]: records(given[name]).map(withContainerDefaults) } : {}
  const account = given['serviceAccountName'] ?? given['serviceAccount']
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...given,
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
    ...containers('initContainers'),
    ...containers('containers'),
  }
}

/** A pod template, its spec with defaults. */
export function withTemplateDefaults(template: unknown): unknown {
  return isRecord(template) ? { ...template, spec: withPodSpecDefaults(template['spec']) } : template
}

export function podSpecCauses(spec: unknown, path: string): Required<StatusCause>[] {
  const containers = isRecord(spec) ? records(spec['containers']) : []
  if (containers.length === 0) return [required(`${path}.containers`)]
  const causes: Required<StatusCause>[] = []
  const names = new Set<unknown>()
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`
    const { name, image } = container
    if (name === undefined || name === '') causes.push(required(`${at}.name`))
    else if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
      causes.push(
        invalidValue(
          `${at}.name`,
          name,
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
      )
    if (names.has(name))
      causes.push({
        reason: 'FieldValueDuplicate',
        field: `${at}.name`,
        message: `Duplicate value: ${JSON.stringify(name)}`,
      })
    names.add(name)
    if (image === undefined || image === '') causes.push(required(`${at}.image`))
  }
  const { restartPolicy } = isRecord(spec) ? spec : {}
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy))
    causes.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies))
  return causes
}

const restartPolicies: readonly unknown[] = ['Always', 'OnFailure', 'Never']
