/**
 * Every group and version that the server answers has its API service: those of built-in kinds from the start, those
 * of custom resources for as long as a definition serves them.
 * Source: k8s.io/kubernetes/pkg/controlplane/apiserver/aggregator.go, cmd/kube-apiserver/app/aggregator.go,
 * pkg/controlplane/controller/crdregistration; k8s.io/kube-aggregator/pkg/controllers/autoregister.
 */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import type { CustomResourceDefinition } from '../custom/definition-of.ts'
import { apiServices } from '../resources/apiservices.ts'
import { customResourceDefinitions } from '../resources/customresourcedefinitions.ts'
import { apiServiceSpec } from '../rules/api-service.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'

/** Of a group among groups, and of a version in it. */
const builtInPriorities: Readonly<Record<string, readonly [group: number, version: number]>> = {
  'v1.': [18_000, 1],
  'v1.apps': [17_800, 15],
  'v1.events.k8s.io': [17_750, 15],
  'v1.authentication.k8s.io': [17_700, 15],
  'v1.authorization.k8s.io': [17_600, 15],
  'v2.autoscaling': [17_500, 30],
  'v1.autoscaling': [17_500, 15],
  'v1.batch': [17_400, 15],
  'v1.certificates.k8s.io': [17_300, 15],
  'v1.networking.k8s.io': [17_200, 15],
  'v1.policy': [17_100, 15],
  'v1.rbac.authorization.k8s.io': [17_000, 15],
  'v1.storage.k8s.io': [16_800, 15],
  'v1.apiextensions.k8s.io': [16_700, 15],
  'v1.admissionregistration.k8s.io': [16_700, 15],
  'v1.scheduling.k8s.io': [16_600, 15],
  'v1.coordination.k8s.io': [16_500, 15],
  'v1.node.k8s.io': [16_300, 15],
  'v1.discovery.k8s.io': [16_200, 15],
  'v1.resource.k8s.io': [16_200, 21],
  'v1.flowcontrol.apiserver.k8s.io': [16_100, 21],
}
const customPriorities = [1000, 100] as const

const groupPriorities = new Map(
  Object.entries(builtInPriorities).map(([name, [priority]]) => [name.replace(/^[^.]*\./, ''), priority]),
)

/** Groups are told of in this order. The API services themselves come before all. */
export const groupPriority = (group: string): number =>
  group === 'apiregistration.k8s.io' ? Number.POSITIVE_INFINITY : (groupPriorities.get(group) ?? customPriorities[0])

/** Shared by all: workload clusters are many. */
const owned = (group: object): object => ({
  'f:metadata': { 'f:labels': { '.': {}, [`f:${managedLabel}`]: {} } },
  'f:spec': { ...group, 'f:groupPriorityMinimum': {}, 'f:version': {}, 'f:versionPriority': {} },
})
const ownedWithGroup = owned({ 'f:group': {} })
const ownedWithout = owned({})

/** `later` runs outside of the write that caused it. */
export function startApiServices(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  const creationTimestamp = store.now()
  store.furnish(apiServices, () => createBuiltIn(store, clock, creationTimestamp))
  const sync = (group: string): void => syncGroup(store, clock, group)
  for (const group of new Set(store.all(customResourceDefinitions).map(groupOf))) sync(group)
  store.listen((definition, { stored: { value } }) => {
    if (definition === customResourceDefinitions) later(() => sync(groupOf(value)))
    else if (definition === apiServices && isManaged(value)) later(() => sync(apiServiceSpec(value).group ?? ''))
  })
}

function createBuiltIn(store: ObjectStore, clock: Clock, creationTimestamp: string): void {
  for (const { group, version, custom } of store.registry.definitions) {
    const priorities = builtInPriorities[`${version}.${group}`]
    if (custom === true || priorities === undefined) continue
    if (store.get(apiServices, `${version}.${group}`) !== undefined) continue
    const identity = { ...store.identity(apiServices), creationTimestamp }
    store.create(apiServices, apiService(group, version, priorities, 'onstart', clock), identity)
  }
}

const groupOf = (object: KubeObject): string => (object as CustomResourceDefinition).spec.group

const isManaged = ({ metadata: { labels } }: KubeObject): boolean => labels?.[managedLabel] === 'true'

/** What somebody else made under a name is theirs. */
function syncGroup(store: ObjectStore, clock: Clock, group: string): void {
  const served = new Set<string>()
  for (const { spec } of store.all(customResourceDefinitions) as CustomResourceDefinition[]) {
    if (spec.group !== group) continue
    for (const version of spec.versions) if (version.served) served.add(version.name)
  }
  for (const { key, value } of store.collection(apiServices).list())
    if (isManaged(value) && apiServiceSpec(value).group === group && !served.has(apiServiceSpec(value).version ?? ''))
      store.delete(apiServices, key)
  for (const version of served) {
    const wanted = apiService(group, version, customPriorities, 'true', clock)
    const found = store.get(apiServices, wanted.metadata.name)?.value
    if (found === undefined) store.create(apiServices, wanted)
    else if (isManaged(found) && !deepEqual(found.spec, wanted.spec))
      store.update(apiServices, { ...found, spec: wanted.spec })
  }
}

function apiService(
  group: string,
  version: string,
  [groupPriorityMinimum, versionPriority]: readonly [number, number],
  managed: 'onstart' | 'true',
  clock: Clock,
): KubeObject {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.${group}`,
      labels: { [managedLabel]: managed },
      managedFields: [
        {
          manager: 'kube-apiserver',
          operation: 'Update',
          apiVersion: 'apiregistration.k8s.io/v1',
          time: rfc3339(clock.wallMs()),
          fieldsType: 'FieldsV1',
          fieldsV1: group === '' ? ownedWithout : ownedWithGroup,
        },
      ],
    },
    spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
  }
}
