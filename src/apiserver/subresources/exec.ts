/** Commands in a pod's containers, of which there are none: whoever asks gets as far as to the kubelet. */
import type { Reply } from '../../kube/handler.ts'
import { badRequest } from '../../kube/status.ts'
import { keyOf } from '../verbs/context.ts'
import { connection } from './connect.ts'
import { kubeletOf, nodeOf, notDialed, requireContainer } from './kubelet.ts'
import type { Subresource } from './subresource.ts'

const stream = (kind: string): Subresource =>
  connection(kind, ['create', 'get'], ({ store }, definition, exchange, { container = '' }): Reply => {
    const pod = store.require(definition, keyOf(definition, exchange)).value
    requireContainer(container, pod)
    const { host, port } = kubeletOf(store, nodeOf(pod), definition.resource)
    if (exchange.upgrade === undefined) throw badRequest('Upgrade request required')
    throw notDialed(`${host}:${port}`)
  })

export const exec = stream('PodExecOptions')
export const attach = stream('PodAttachOptions')
