/**
 * What a list, watch or deletecollection asks for. Source: k8s.io/apiserver/pkg/endpoints/handlers/get.go, listOpts;
 * k8s.io/apimachinery/pkg/apis/meta/internalversion/validation.
 */
import { isTrue, type KubeRequest } from '../kube/request.ts'
import {
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
  type FieldTerm,
  type LabelMatcher,
} from '../kube/selector.ts'
import { badRequest, forbiddenValue, notSupported, type StatusCause } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import { integerOf, invalidOptions } from './request-options.ts'
import { selectionOf, type Selection } from './selection.ts'

export interface ListOptions {
  /** Labels, fields and the name of the path; undefined when everything matches. */
  readonly selection: Selection
  /** Whether it means one object, by its name. */
  readonly isSingle: boolean
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly timeoutSeconds: number
  readonly limit: number
  readonly continue: string
  /** Whether a watch begins with what is there; undefined where its client says nothing of it and asks for a version. */
  readonly sendInitialEvents: boolean | undefined
}

type Said = Omit<ListOptions, 'selection' | 'isSingle'>

/** In the order in which the real server looks at them. Throws 400 and 422 for what can't be meant. */
export function listOptionsOf(definition: ResourceDefinition, request: KubeRequest): ListOptions {
  const { query, name, namespace } = request
  const initial = query.get('sendInitialEvents')
  const said: Said = {
    timeoutSeconds: integerOf(query, 'timeoutSeconds') ?? 0,
    limit: integerOf(query, 'limit') ?? 0,
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    continue: query.get('continue') ?? '',
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
  }
  // A path of old that is for watches alone has the options of a list.
  const isWatch = isTrue(query.get('watch'))
  const options = isWatch ? withWatchDefaults(said) : said
  const [labels, terms] = selectorsOf(query)
  const causes = isWatch ? watchCauses(options) : listCauses(options)
  if (causes.length > 0) throw invalidOptions('ListOptions', ...causes)
  const selection = selectionOf(definition, labels, terms, name)
  const named = terms.find(({ field, equal }) => field === 'metadata.name' && equal)
  if (name !== '' && terms.length > 0 && named?.value !== name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  const isSingle = options.continue === '' && named !== undefined && (namespace !== '' || !definition.namespaced)
  return { ...options, selection, isSingle }
}

/** Who wants no version in particular gets what is there, as if asked for. Source: SetListOptionsDefaults. */
const withWatchDefaults = (said: Said): Said =>
  said.sendInitialEvents === undefined && said.resourceVersionMatch === '' && ['', '0'].includes(said.resourceVersion)
    ? { ...said, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
    : said

function selectorsOf(query: URLSearchParams): [LabelMatcher | undefined, readonly FieldTerm[]] {
  try {
    const labels = query.get('labelSelector') ?? ''
    return [
      labels === '' ? undefined : parseLabelSelector(labels),
      parseFieldSelector(query.get('fieldSelector') ?? ''),
    ]
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : (error as Error)
  }
}

const field = 'resourceVersionMatch'

function listCauses({ resourceVersionMatch: match, resourceVersion, ...options }: Said): Required<StatusCause>[] {
  const causes: Required<StatusCause>[] = []
  if (match !== '') {
    if (resourceVersion === '')
      causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (options.continue !== '') causes.push(notContinued)
    if (match !== 'Exact' && match !== 'NotOlderThan')
      causes.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && resourceVersion === '0')
      causes.push(forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (options.sendInitialEvents !== undefined)
    causes.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return causes
}

const notContinued = forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided')

function watchCauses({
  resourceVersionMatch: match,
  sendInitialEvents: said,
  ...options
}: Said): Required<StatusCause>[] {
  const causes: Required<StatusCause>[] = []
  const required = 'NotOlderThan'
  if (said !== undefined && match !== required)
    causes.push(forbiddenValue(field, `sendInitialEvents requires setting resourceVersionMatch to ${required}`))
  if (match !== '' && said === undefined)
    causes.push(
      forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  if (match !== '' && match !== required) causes.push(notSupported(field, match, [required]))
  if (match !== '' && options.continue !== '') causes.push(notContinued)
  return causes
}
