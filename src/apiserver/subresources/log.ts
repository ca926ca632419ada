/**
 * What a pod's containers have printed: nothing, as there are none. Which of them is asked for has to be said, though,
 * and how. Source: k8s.io/kubernetes/pkg/registry/core/pod (LogLocation), pkg/apis/core/validation (ValidatePodLogOptions).
 */
import { typedReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { badRequest, forbiddenValue, invalid, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { keyOf, type VerbContext } from '../verbs/context.ts'
import { requireContainer, requireNode } from './kubelet.ts'
import type { Subresource } from './subresource.ts'

function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const { name, query } = exchange.request
  const numbers = Object.fromEntries(amounts.map((each) => [each, numberIn(query, each)]))
  const causes = optionCauses(numbers, query)
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, causes)
  const pod = context.store.require(definition, keyOf(definition, exchange)).value
  requireContainer(query.get('container') ?? '', pod)
  const { nodeName } = (pod.spec ?? {}) as { nodeName?: string }
  // Where it runs nowhere there is nobody to ask.
  if (nodeName !== undefined) requireNode(context.store, nodeName, definition.resource)
  return nodeName === undefined ? { status: 204, body: { kind: 'empty' } } : typedReply('text/plain', '')
}

const amounts = ['tailLines', 'sinceSeconds', 'limitBytes']

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function optionCauses(
  numbers: Readonly<Record<string, number | undefined>>,
  query: URLSearchParams,
): Required<StatusCause>[] {
  const { tailLines, sinceSeconds, limitBytes } = numbers
  const positive = (at: string, value: number | undefined): Required<StatusCause>[] =>
    value !== undefined && value < 1 ? [invalidValue(at, value, 'must be greater than 0')] : []
  return [
    ...(tailLines !== undefined && tailLines < 0
      ? [invalidValue('tailLines', tailLines, 'must be greater than or equal to 0')]
      : []),
    ...positive('limitBytes', limitBytes),
    ...(sinceSeconds !== undefined && query.has('sinceTime')
      ? [forbiddenValue('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified')]
      : positive('sinceSeconds', sinceSeconds)),
    ...(query.has('stream') ? [forbiddenValue('stream', 'may not be specified')] : []),
  ]
}

export const log: Subresource = { kind: 'Pod', group: '', version: 'v1', verbs: ['get'], handle }
