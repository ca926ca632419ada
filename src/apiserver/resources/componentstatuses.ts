/** Source: k8s.io/kubernetes/pkg/registry/core/componentstatus. */
import { notFound } from '../../kube/status.ts'
import { column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { listReply, objectReply } from '../represent.ts'
import { listOptionsOf } from '../list-options.ts'
import { Stored } from '../stored.ts'
import type { Subresource } from '../subresources/subresource.ts'
import { EncodedList, tableOptions, wantedIn } from '../verbs/read.ts'

/** What there is to ask is this server itself: who is answered at all finds everything well. */
const statuses = ['scheduler', 'controller-manager', 'etcd-0'].map((name): KubeObject => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name },
  conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
}))

const answer: Subresource['handle'] = (context, definition, exchange) => {
  const { request } = exchange
  const wanted = wantedIn(definition, exchange)
  const tables = (): ReturnType<typeof tableOptions> => tableOptions(context, exchange)
  const all = statuses.map((status) => new Stored(status, 0))
  if (request.verb === 'get') {
    const found = all.find(({ key }) => key === request.name)
    if (found === undefined) throw notFound({ group: '', resource: definition.singular, name: request.name })
    return objectReply(200, definition, found, wanted, tables)
  }
  const { selection } = listOptionsOf(definition, request)
  const shown = all.filter(({ value }) => selection === undefined || selection(value))
  const head = {} as Parameters<typeof listReply>[2]
  return listReply(definition, shown, head, wanted, tables, () => new EncodedList(definition, shown, head))
}

export const componentStatuses = builtIn({
  group: '',
  version: 'v1',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  kind: 'ComponentStatus',
  namespaced: false,
  verbs: ['get', 'list'],
  shortNames: ['cs'],
  deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
  order: answer,
  documented: {
    Status: 'Status of the component conditions',
    Message: 'Message of the component conditions',
    Error: 'Error of the component conditions',
  },
  columns: [
    computed('Status', 'string', () => 'Healthy'),
    column('Message', 'string', '.conditions[0].message'),
    column('Error', 'string', '.conditions[0].error'),
  ],
})
