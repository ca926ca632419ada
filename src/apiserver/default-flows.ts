/**
 * The flow schemas and priority levels that every cluster has. Source: k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap.
 * They are served and kept for those who read and write them: what this server limits is the number of requests in
 * flight (request-limits.ts).
 */
import type { Clock } from '../base/clock.ts'
import { withDangling } from './controllers/flow-schemas.ts'
import { flowSchemas } from './resources/flowschemas.ts'
import { priorityLevelConfigurations } from './resources/prioritylevelconfigurations.ts'
import type { ObjectStore } from './store.ts'
import { furnish, systemObject } from './system-objects.ts'
import type { KubeObject } from './types.ts'

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
const producer = 'api-priority-and-fairness-config-producer-v1'
const metadata = (name: string): KubeObject['metadata'] => ({
  name,
  generation: 1,
  annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' },
})

const group = (name: string): object => ({ kind: 'Group', group: { name } })
const user = (name: string): object => ({ kind: 'User', user: { name } })
const systemAccounts = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }
const everybody = [group('system:unauthenticated'), group('system:authenticated')]

const may = (verbs: string[], apiGroups: string[], resources: string[], clusterScope = true): object => ({
  verbs,
  apiGroups,
  resources,
  ...(clusterScope ? { clusterScope } : {}),
  namespaces: ['*'],
})
const everything = {
  resourceRules: [may(['*'], ['*'], ['*'])],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}
const leases = may(['get', 'create', 'update'], ['coordination.k8s.io'], ['leases'], false)
const nodes = may(['*'], [''], ['nodes', 'nodes/status'])
const nodeLeases = may(['*'], ['coordination.k8s.io'], ['leases'], false)

const schema = (
  name: string,
  level: string,
  matchingPrecedence: number,
  method: 'ByUser' | 'ByNamespace' | undefined,
  subjects: readonly object[],
  rules: object = everything,
): KubeObject => ({
  apiVersion,
  kind: 'FlowSchema',
  metadata: metadata(name),
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(method === undefined ? {} : { distinguisherMethod: { type: method } }),
    rules: [{ subjects, ...rules }],
  },
  status: {},
})

const schemas = [
  schema('catch-all', 'catch-all', 10_000, 'ByUser', everybody),
  schema('exempt', 'exempt', 1, undefined, [group('system:masters')]),
  schema('global-default', 'global-default', 9900, 'ByUser', everybody),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', [user('system:kube-controller-manager')]),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', [user('system:kube-scheduler')]),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', [systemAccounts]),
  schema('probes', 'exempt', 2, undefined, everybody, {
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', [group('system:serviceaccounts')]),
  schema(
    'system-leader-election',
    'leader-election',
    100,
    'ByUser',
    [user('system:kube-controller-manager'), user('system:kube-scheduler'), systemAccounts],
    { resourceRules: [leases] },
  ),
  schema('system-node-high', 'node-high', 400, 'ByUser', [group('system:nodes')], {
    resourceRules: [nodes, nodeLeases],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', [group('system:nodes')]),
]

const level = (name: string, spec: object): KubeObject => ({
  apiVersion,
  kind: 'PriorityLevelConfiguration',
  metadata: metadata(name),
  spec,
  status: {},
})

const limited = (
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queuing?: readonly [queues: number, handSize: number],
): KubeObject => {
  const limitResponse =
    queuing === undefined
      ? { type: 'Reject' }
      : { type: 'Queue', queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: 50 } }
  return level(name, { type: 'Limited', limited: { nominalConcurrencyShares, limitResponse, lendablePercent } })
}

const levels = [
  limited('catch-all', 5, 0),
  level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  limited('global-default', 20, 50, [128, 6]),
  limited('leader-election', 10, 0, [16, 4]),
  limited('node-high', 40, 25, [64, 6]),
  limited('system', 30, 33, [64, 6]),
  limited('workload-high', 40, 50, [128, 6]),
  limited('workload-low', 100, 90, [128, 6]),
]

export function createDefaultFlows(store: ObjectStore, clock: Clock): void {
  furnish(store, clock, priorityLevelConfigurations, levels, (each, start) =>
    systemObject(priorityLevelConfigurations, each, start, producer),
  )
  furnish(store, clock, flowSchemas, schemas, (each, start) =>
    withDangling(systemObject(flowSchemas, each, start, producer), store, start),
  )
}
