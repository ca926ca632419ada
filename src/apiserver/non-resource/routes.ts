/** What the router of a real server refuses before anything answers. Source: github.com/emicklei/go-restful. */
import { textReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { methodNotAllowed, notAcceptable } from '../../kube/status.ts'
import { isRouted } from '../negotiate.ts'

/** Such a path is read alone, in one of these types. Throws 405 and 406. */
export function requireRoute({ request, headers: { accept } }: Exchange, types: readonly string[]): void {
  if (request.method !== 'GET') throw methodNotAllowed()
  if (typeof accept === 'string' && accept !== '' && !isRouted(accept, types)) throw notAcceptable(types, true)
}

/** Where nothing is served at all, Go's own mux answers. */
export const unknownPath = (): Reply => textReply(404, '404 page not found\n')
