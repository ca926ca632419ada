/**
 * What the verbs of discovery are in the published documents.
 * Source: k8s.io/apiserver/pkg/endpoints/installer.go, k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder.
 */

export interface Action {
  readonly action: string
  /** How the operation's id begins. */
  readonly id: string
  readonly says: (kind: string) => string
  readonly parameters: readonly string[]
  readonly codes: readonly number[]
  /** What is sent along: an object, what to delete by, or a patch. */
  readonly body?: 'object' | 'options' | 'patch'
  readonly method?: string
}

const writing = ['dryRun', 'fieldManager', 'fieldValidation']
const deleting = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']
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

const watched = 'deprecated: list with watch=true instead'

const list: Action = {
  action: 'list',
  method: 'get',
  id: 'list',
  says: (kind) => `list or watch objects of kind ${kind}`,
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
  says: (kind) => `read the specified ${kind}`,
  parameters: [],
  codes: [200],
}
const patch: Action = {
  action: 'patch',
  id: 'patch',
  says: (kind) => `partially update the specified ${kind}`,
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
    says: (kind) => `create a ${kind}`,
    parameters: writing,
    codes: [200, 201, 202],
    body: 'object',
  },
  deletecollection,
  get,
  update: {
    action: 'put',
    id: 'replace',
    says: (kind) => `replace the specified ${kind}`,
    parameters: writing,
    codes: [200, 201],
    body: 'object',
  },
  delete: {
    action: 'delete',
    id: 'delete',
    says: (kind) => `delete a ${kind}`,
    parameters: deleting,
    codes: [200, 202],
    body: 'options',
  },
  patch,
  head: { ...get, action: 'head' },
  options: { ...get, action: 'options' },
  watch: { ...list, action: 'watch', id: 'watch', says: (kind) => `watch one ${kind}; ${watched}` },
  watchlist: { ...list, action: 'watchlist', id: 'watch', says: (kind) => `watch objects of kind ${kind}; ${watched}` },
}

const { body: _options, ...withoutOptions } = deletecollection

/** What another builder says of custom resources. */
export const customActions: Readonly<Record<string, Action>> = {
  ...actions,
  deletecollection: { ...withoutOptions, parameters: watching },
  get: { ...get, parameters: ['resourceVersion'] },
  patch: { ...patch, codes: [200] },
}
