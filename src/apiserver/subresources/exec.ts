/** Commands in a pod's containers, of which there are none: whoever asks gets as far as to the kubelet. */
import type { Exchange, Reply } from '../../kube/handler.ts'
import { badRequest } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { keyOf, type VerbContext } from '../verbs/context.ts'
import { kubeletAddress, nodeOf, notDialed, requireContainer } from './kubelet.ts'
import type { Subresource } from './subresource.ts'

function handle({ store }: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const pod = store.require(definition, keyOf(definition, exchange)).value
  requireContainer(exchange, pod)
  const address = kubeletAddress(store, nodeOf(exchange, pod), definition.resource)
  if (exchange.upgrade === undefined) throw badRequest('Upgrade request required')
  throw notDialed(address)
}

const stream = (kind: string): Subresource => ({ kind, group: '', version: 'v1', verbs: ['create', 'get'], handle })

export const exec = stream('PodExecOptions')
export const attach = stream('PodAttachOptions')
