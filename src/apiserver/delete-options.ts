/** How a deletion is meant to be done. Source: k8s.io/apiserver/pkg/endpoints/handlers/delete.go. */
import { notUnmarshaled, typeMetaStruct } from '../kube/go-print.ts'
import type { Exchange } from '../kube/handler.ts'
import { isRecord } from '../kube/object.ts'
import { isTrue } from '../kube/request.ts'
import { badRequest, invalidValue, notSupported, type StatusCause } from '../kube/status.ts'
import { TypeMismatch } from '../kube/types/go-value.ts'
import { normalize } from '../kube/types/normalize.ts'
import { messageOf } from '../kube/types/tables.ts'
import { readOptions } from './body.ts'
import { dryRunCauses, integerOf, invalidOptions } from './request-options.ts'
import { KindProblem, saidKind, versionText, unregistered } from './said-kind.ts'
import type { Preconditions } from './verbs/preconditions.ts'

export interface DeleteOptions extends Preconditions {
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly dryRun?: readonly string[]
  readonly gracePeriodSeconds?: number
}

/** What the body says, and what the query says where there is no body. Throws 400 and 422 for what can't be meant. */
export async function deleteOptionsOf(exchange: Exchange): Promise<DeleteOptions> {
  const sent = await readOptions(exchange)
  const options =
    sent === undefined
      ? queryOptions(exchange.request.query)
      : exchange.body.value === undefined
        ? decoded(sent)
        : (sent as DeleteOptions)
  const causes = [...propagationCauses(options), ...dryRunCauses(options.dryRun ?? [])]
  if (causes.length > 0) throw invalidOptions('DeleteOptions', ...causes)
  return options
}

/** Kinds beside it that every version has. */
const general = [
  ...['CreateOptions', 'PatchOptions', 'UpdateOptions', 'Status', 'APIVersions'],
  ...['APIGroup', 'APIGroupList', 'APIResourceList'],
]
const metaOnly = [
  'ListOptions',
  'GetOptions',
  'Table',
  'TableOptions',
  'PartialObjectMetadata',
  'PartialObjectMetadataList',
]

function decoded(sent: unknown): DeleteOptions {
  if (sent === null) return {}
  const unread = "couldn't get version/kind; json parse error: "
  if (!isRecord(sent)) throw badRequest(`${unread}${notUnmarshaled(sent, typeMetaStruct)}`)
  try {
    const { kind, ...said } = saidKind(sent)
    const version = versionText({ ...said, kind }) || 'v1'
    const known = version === 'meta.k8s.io/v1' ? [...general, ...metaOnly] : version === 'v1' ? general : []
    if (known.includes(kind)) throw badRequest(`converting (v1.${kind}) to (v1.DeleteOptions): unknown conversion`)
    if (kind !== '' && kind !== 'DeleteOptions') throw badRequest(unregistered(kind, version))
    return normalize(messageOf('meta-v1.DeleteOptions'), sent, () => {})
  } catch (error) {
    throw error instanceof KindProblem || error instanceof TypeMismatch ? badRequest(error.message) : (error as Error)
  }
}

function queryOptions(query: URLSearchParams): DeleteOptions {
  const policy = query.get('propagationPolicy')
  const grace = integerOf(query, 'gracePeriodSeconds')
  const orphan = query.get('orphanDependents')
  return {
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  }
}

/** Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateDeleteOptions. */
function propagationCauses({ propagationPolicy, orphanDependents }: DeleteOptions): Required<StatusCause>[] {
  if (propagationPolicy === undefined) return []
  const field = 'propagationPolicy'
  const both = 'orphanDependents and deletionPropagation cannot be both set'
  const known = ['Foreground', 'Background', 'Orphan']
  return [
    ...(orphanDependents === undefined ? [] : [invalidValue(field, propagationPolicy, both)]),
    ...(known.includes(propagationPolicy) ? [] : [notSupported(field, propagationPolicy, [...known, 'nil'])]),
  ]
}
