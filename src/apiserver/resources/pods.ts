import { eviction } from '../subresources/eviction.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn } from '../definition.ts'
import type { KubeObject } from '../../kube/object.ts'

type Pod = KubeObject & {
  spec?: {
    nodeName?: string
    containers?: unknown[]
    restartPolicy?: string
    schedulerName?: string
    serviceAccountName?: string
  }
  status?: { phase?: string; podIP?: string; containerStatuses?: { ready?: boolean; restartCount?: number }[] }
}

const spec = (pod: KubeObject): NonNullable<Pod['spec']> => (pod as Pod).spec ?? {}
const status = (pod: KubeObject): NonNullable<Pod['status']> => (pod as Pod).status ?? {}

function ready(pod: Pod): string {
  const statuses = pod.status?.containerStatuses ?? []
  return `${statuses.filter((container) => container.ready === true).length}/${pod.spec?.containers?.length ?? statuses.length}`
}

export const pods = builtIn({
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  status: true,
  generation: true,
  subresources: { eviction },
  fieldSelectors: {
    'spec.nodeName': (pod) => spec(pod).nodeName ?? '',
    'spec.restartPolicy': (pod) => spec(pod).restartPolicy ?? '',
    'spec.schedulerName': (pod) => spec(pod).schedulerName ?? '',
    'spec.serviceAccountName': (pod) => spec(pod).serviceAccountName ?? '',
    'status.phase': (pod) => status(pod).phase ?? '',
    'status.podIP': (pod) => status(pod).podIP ?? '',
  },
  columns: [
    computed('Ready', 'string', ready),
    computed('Status', 'string', (pod: Pod) =>
      pod.metadata.deletionTimestamp === undefined ? (pod.status?.phase ?? 'Pending') : 'Terminating',
    ),
    computed('Restarts', 'string', (pod: Pod) =>
      String(pod.status?.containerStatuses?.reduce((sum, container) => sum + (container.restartCount ?? 0), 0) ?? 0),
    ),
    ageColumn,
    column('IP', 'string', '.status.podIP', 1),
    column('Node', 'string', '.spec.nodeName', 1),
  ],
})
