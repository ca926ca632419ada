/**
 * Subresources that become connections: their options come in the query and in the path, and admission sees them as
 * objects. Source: k8s.io/apiserver/pkg/endpoints/handlers/rest.go, ConnectResource.
 */
import type { Exchange, Reply } from '../../kube/handler.ts'
import { isTrue } from '../../kube/request.ts'
import { badRequest } from '../../kube/status.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOf, type FieldType } from '../../kube/types/tables.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import type { VerbContext } from '../verbs/context.ts'
import type { Subresource } from './subresource.ts'

/** As webhooks leave them. */
export interface ConnectOptions {
  readonly container?: string
}

export const connection = (
  kind: string,
  verbs: readonly string[],
  reach: (context: VerbContext, definition: ResourceDefinition, exchange: Exchange, options: ConnectOptions) => Reply,
): Subresource => ({
  kind,
  group: '',
  version: 'v1',
  verbs,
  handle: async (context, definition, exchange, user) => {
    const { request } = exchange
    if (request.query.has('dryRun')) throw badRequest('dryRun is not supported')
    const asked = optionsOf(kind, exchange)
    const below = { ...definition, kind }
    const { name } = request
    const admission = context.webhooks.for({ definition, kind: below, operation: 'CONNECT', exchange, user, name })
    const options = admission === undefined ? asked : await admission.mutate(asked, undefined)
    await admission?.validate(options, undefined)
    return reach(context, definition, exchange, options as ConnectOptions)
  },
})

function optionsOf(kind: string, { request: { query, path } }: Exchange): KubeObject {
  const message = messageOf(`core-v1.${kind}`)
  const given = message.fields.map(({ name, type }) => [name, valueOf(type, query.getAll(name))])
  const [, below = ''] = /\/proxy(\/.*)?$/.exec(path) ?? []
  const behind = kind.endsWith('ProxyOptions') ? { path: below } : {}
  const options = { kind, apiVersion: 'v1', ...Object.fromEntries(given), ...behind } as unknown
  return normalize(message, options, () => {}) as unknown as KubeObject
}

function valueOf(type: FieldType, texts: readonly string[]): unknown {
  if (type.kind === 'list') return texts.length === 0 ? undefined : texts.map((text) => valueOf(type.element, [text]))
  const [text] = texts
  if (text === undefined || type.kind !== 'scalar') return undefined
  return type.name === 'bool' ? isTrue(text) : type.name === 'string' ? text : portIn(text)
}

const portMax = 65_535

/** The numbers in these options are ports. Source: Convert_Slice_string_To_Slice_int32. */
function portIn(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : undefined
  if (port !== undefined && port <= portMax) return port
  const why = port === undefined ? 'invalid syntax' : 'value out of range'
  throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`)
}
