/** Where the real server keeps an object in etcd: some errors name it. Source: k8s.io/kubernetes/pkg/registry. */
import { goQuoted } from '../kube/go-print.ts'
import type { KubeRequest } from '../kube/request.ts'
import { badRequest, failure } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import { pathSegmentProblems } from './rules/metadata.ts'
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

const folderOf = ({ group, resource, custom }: ResourceDefinition): string =>
  group === ''
    ? `/${folders[resource] ?? resource}`
    : `${custom === true || withGroup.has(group) ? `/${group}` : ''}/${resource}`

export function storageKey(definition: ResourceDefinition, { metadata: { name, namespace } }: KubeObject): string {
  return [`/registry${folderOf(definition)}`, namespace, name].filter((part) => part !== undefined).join('/')
}

/**
 * Throws where what the path names would not be where it belongs: names that are a path of their own.
 * Source: k8s.io/apiserver/pkg/registry/generic/registry (NamespaceKeyFunc), pkg/storage/etcd3 (prepareKey),
 * k8s.io/apimachinery/pkg/api/validation/path.
 */
export function requireStorable(definition: ResourceDefinition, { namespace, name }: KubeRequest): void {
  const problems = pathSegmentProblems(name)
  if (problems.length > 0) throw badRequest(`Name parameter invalid: ${goQuoted(name)}: ${problems.join(';')}`)
  if (!isDots(namespace)) return
  const key = [folderOf(definition), namespace, ...(name === '' ? [] : [name])].join('/')
  throw failure(500, undefined, `invalid key: ${goQuoted(key)}`)
}

const isDots = (segment: string): boolean => segment === '.' || segment === '..'
