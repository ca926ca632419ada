/** Ports of the node that a pod takes. Source: k8s.io/kubernetes/pkg/apis/core/validation. */
import { records } from '../../kube/object.ts'
import { duplicate, invalidValue, type StatusCause } from '../../kube/status.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

interface Port {
  readonly hostPort?: number
  readonly containerPort?: number
  readonly protocol?: string
  readonly hostIP?: string
}

const portsOf = (container: Json): readonly Port[] => records(container['ports'])

/** Each is had once, at each address. Source: checkHostPortConflicts. */
export function hostPortCauses(containers: readonly Json[], at: string): Cause[] {
  const taken = new Set<string>()
  return containers.flatMap((container, index) =>
    portsOf(container).flatMap(({ hostPort = 0, protocol = '', hostIP = '' }, n) => {
      if (hostPort === 0) return []
      const text = `${protocol}/${hostIP}/${hostPort}`
      const again = taken.has(text)
      taken.add(text)
      return again ? [duplicate(`${at}[${index}].ports[${n}].hostPort`, text)] : []
    }),
  )
}

/** In the network of its node a port is one of the node's. Source: validatePodHostNetworkDeps. */
export const hostNetworkCauses = (spec: Json, path: string): Cause[] =>
  spec['hostNetwork'] !== true
    ? []
    : records(spec['containers']).flatMap((container, index) =>
        portsOf(container).flatMap(({ hostPort = 0, containerPort = 0 }, n) =>
          hostPort === 0 || hostPort === containerPort
            ? []
            : [
                invalidValue(
                  `${path}.containers[${index}].ports[${n}].hostPort`,
                  hostPort,
                  'must match `containerPort` when `hostNetwork` is true',
                ),
              ],
        ),
      )
