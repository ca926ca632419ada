/**
 * What the verbs of discovery are in the published documents.
 * Source: k8s.io/apiserver/pkg/endpoints/installer.go, k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder.
 */

export interface Action {
  readonly action: string
  /** How the operation's id begins. */
  readonly id: string
  /** What it does with a kind, or with a part of it: `log of `. */
  readonly says: (kind: string, part: string) => string
  readonly parameters: readonly string[]
  readonly codes: readonly number[]
  /** What is sent along: an object, what to delete by, or a patch. */
  readonly body?: 'object' | 'options' | 'patch'
  readonly method?: string
}

const writing = ['dryRun', 'fieldManager', 'fieldValidation']
export const deleting = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
]
const choosing = [
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
]
const watching = ['allowWatchBookmarks', ...choosing, 'watch']

/** A plural has no article. */
function oneOf(kind: string): string {
  if (/(?<!s)s$/.test(kind)) return kind
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`
}

const deprecated = ". deprecated: use the 'watch' parameter with a list operation instead"

const list: Action = {
  action: 'list',
  method: 'get',
  id: 'list',
  says: (kind, part) => `list or watch ${part}objects of kind ${kind}`,
  parameters: watching,
  codes: [200],
}
const deletecollection: Action = {
  action: 'deletecollection',
  method: 'delete',
  id: 'deleteCollection',
  says: (kind) => `delete collection of ${kind}`,
  parameters: [...choosing, ...deleting],
  codes: [200],
  body: 'options',
}
const get: Action = {
  action: 'get',
  id: 'read',
  says: (kind, part) => `read ${part}the specified ${kind}`,
  parameters: [],
  codes: [200],
}
const patch: Action = {
  action: 'patch',
  id: 'patch',
  says: (kind, part) => `partially update ${part}the specified ${kind}`,
  parameters: [...writing, 'force'],
  codes: [200, 201],
  body: 'patch',
}

/** By the verb that discovery names; head and options of proxies, and the paths of watches. */
export const actions: Readonly<Record<string, Action>> = {
  list,
  create: {
    action: 'post',
    id: 'create',
    says: (kind, part) => `create ${part}${oneOf(kind)}`,
    parameters: writing,
    codes: [200, 201, 202],
    body: 'object',
  },
  deletecollection,
  get,
  update: {
    action: 'put',
    id: 'replace',
    says: (kind, part) => `replace ${part}the specified ${kind}`,
    parameters: writing,
    codes: [200, 201],
    body: 'object',
  },
  delete: {
    action: 'delete',
    id: 'delete',
    says: (kind, part) => `delete ${part}${oneOf(kind)}`,
    parameters: deleting,
    codes: [200, 202],
    body: 'options',
  },
  patch,
  head: { ...get, action: 'head' },
  options: { ...get, action: 'options' },
  watch: {
    ...list,
    action: 'watch',
    id: 'watch',
    says: (kind) =>
      `watch changes to an object of kind ${kind}${deprecated}, filtered to a single item with the 'fieldSelector' parameter.`,
  },
  watchlist: {
    ...list,
    action: 'watchlist',
    id: 'watch',
    says: (kind) => `watch individual changes to a list of ${kind}${deprecated}.`,
  },
}

const { body: _options, ...withoutOptions } = deletecollection

/** What another builder says of custom resources. */
export const customActions: Readonly<Record<string, Action>> = {
  ...actions,
  list: { ...list, says: (kind) => `list objects of kind ${kind}` },
  deletecollection: { ...withoutOptions, parameters: watching },
  get: { ...get, parameters: ['resourceVersion'] },
  patch: { ...patch, codes: [200] },
}
