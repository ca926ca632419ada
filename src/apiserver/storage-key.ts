/** Where the real server keeps an object in etcd: some errors name it. Source: k8s.io/kubernetes/pkg/registry. */
import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** Kinds whose folder is not named as they are. */
const folders: Readonly<Record<string, string>> = {
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
  endpoints: 'services/endpoints',
}

/** Kinds of servers of their own have a folder a group; the others share one. */
const withGroup = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

export function storageKey({ group, resource, custom }: ResourceDefinition, { metadata }: KubeObject): string {
  const folder = group === '' ? (folders[resource] ?? resource) : resource
  const { name, namespace } = metadata
  return ['', 'registry', ...(custom === true || withGroup.has(group) ? [group] : []), folder, namespace, name]
    .filter((part) => part !== undefined)
    .join('/')
}
