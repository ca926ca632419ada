/** The verbs on resources: the table of contents of verbs/. */
import type { Verb } from '../kube/request.ts'
import { methodNotAllowed } from '../kube/status.ts'
import type { VerbHandler } from './verbs/context.ts'
import { getObject, listObjects } from './verbs/read.ts'
import { watchObjects } from './verbs/watch.ts'
import { patch } from './verbs/patch.ts'
import { create, update } from './verbs/write.ts'
import { remove, removeCollection } from './verbs/delete.ts'

export const verbHandlers: Readonly<Record<Verb, VerbHandler>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
  connect: () => {
    throw methodNotAllowed()
  },
}
