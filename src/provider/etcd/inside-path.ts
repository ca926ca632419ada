/**
 * A path of our own on the API server's address, by which the reference controllers reach etcd: MemberList,
 * MoveLeader, MemberRemove. A rehearsal has no sockets to forward a port over (docs/fidelity.md).
 */
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { failure, methodNotAllowed } from '../../kube/status.ts'
import { EtcdError, type EtcdCluster } from './etcd-cluster.ts'

export const etcdPath = '/capstorm.dev/etcd/members'

export function answerInside(etcd: EtcdCluster, exchange: Exchange): Reply {
  const { method, path } = exchange.request
  const [id = '', action] = path.slice(etcdPath.length + 1).split('/')
  if (method !== 'GET' && method !== 'POST') throw methodNotAllowed()
  try {
    if (method === 'POST' && action === 'move-leader') etcd.moveLeader(id)
    else if (method === 'POST') etcd.remove(id)
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error
    throw failure(
      error.code === 'notFound' ? 404 : 500,
      error.code === 'notFound' ? 'NotFound' : undefined,
      error.message,
    )
  }
  return jsonReply(200, { members: etcd.members })
}
