/** A token for a service account. Source: k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go. */
import { rfc3339 } from '../../base/clock.ts'
import { jsonReply } from '../../kube/handler.ts'
import { admitted } from '../verbs/admitted.ts'
import { apiVersionOf } from '../../kube/object.ts'
import { badRequest, conflict, invalid, invalidValue, type StatusCause } from '../../kube/status.ts'
import { issuer } from '../access/signing-key.ts'
import type { BoundTo } from '../access/service-account-tokens.ts'
import { builtIn, type ResourceDefinition } from '../definition.ts'
import { admitCreate } from '../namespaces.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { keyOf } from '../verbs/context.ts'
import { readWhole } from '../verbs/sent.ts'
import { withNoted } from '../warnings.ts'
import type { Subresource } from './subresource.ts'

const minSeconds = 600
const maxSeconds = 2 ** 32
const defaultSeconds = 3600

interface BoundObjectRef {
  readonly apiVersion?: string
  readonly kind?: string
  readonly name?: string
  readonly uid?: string
}

type TokenRequest = KubeObject & {
  readonly spec: {
    readonly audiences?: readonly string[] | null
    readonly expirationSeconds?: number | null
    readonly boundObjectRef?: BoundObjectRef | null
  }
}

const tokenRequests = builtIn({
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenrequests',
  kind: 'TokenRequest',
  namespaced: true,
})

const handle: Subresource['handle'] = async (context, definition, exchange, user) => {
  const { object: sent } = await readWhole(tokenRequests, exchange)
  admitCreate(context.store, definition, exchange.request)
  const { name } = exchange.request
  const { spec } = sent as TokenRequest
  const whole = {
    ...sent,
    kind: tokenRequests.kind,
    apiVersion: apiVersionOf(tokenRequests),
    spec: { ...spec, expirationSeconds: spec.expirationSeconds ?? defaultSeconds },
  }
  const { object, validate } = await admitted(context, definition, tokenRequests, exchange, user, whole)
  const asked = object as TokenRequest
  if ((asked.metadata.name ?? '') !== '' && asked.metadata.name !== name)
    throw refused(
      name,
      invalidValue('metadata.name', asked.metadata.name, 'must match the service account name if specified'),
    )
  const account = context.store.require(definition, keyOf(definition, exchange)).value
  const { uid } = account.metadata
  if ((asked.metadata.uid ?? '') !== '' && asked.metadata.uid !== uid)
    throw conflict(
      { group: tokenRequests.group, resource: 'TokenRequest', name },
      `the UID in the token request (${asked.metadata.uid}) does not match the UID of the service account (${uid})`,
    )
  const { audiences, boundObjectRef = null } = asked.spec
  const expirationSeconds = asked.spec.expirationSeconds as number
  const seconds = checkedSeconds(expirationSeconds)
  const bound = boundObjectRef === null ? {} : boundTo(context.store, account, boundObjectRef)
  const wanted = audiences === null || audiences === undefined || audiences.length === 0 ? [issuer] : audiences
  const now = context.clock.wallMs()
  const { namespace } = account.metadata
  const metadata = {
    ...asked.metadata,
    name,
    namespace,
    uid,
    creationTimestamp: rfc3339(now),
  } as KubeObject['metadata']
  await validate({ ...asked, metadata, spec: { ...asked.spec, audiences: wanted } })
  const reply = jsonReply(201, {
    kind: tokenRequests.kind,
    apiVersion: apiVersionOf(tokenRequests),
    metadata,
    spec: { audiences: wanted, expirationSeconds, boundObjectRef },
    status: {
      token: context.access.serviceAccounts.issue({ account, audiences: wanted, seconds, bound }),
      expirationTimestamp: rfc3339(now + seconds * 1000),
    },
  })
  return withNoted(exchange, reply)
}

const refused = (name: string, cause: Required<StatusCause>): Error => invalid(tokenRequests, name, [cause])

function checkedSeconds(seconds: number): number {
  const problem =
    seconds < minSeconds
      ? 'may not specify a duration less than 10 minutes'
      : seconds > maxSeconds
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined
  if (problem === undefined) return seconds
  throw refused('', invalidValue('spec.expirationSeconds', seconds, problem))
}

/** What the token lives and dies with. Throws where it isn't there, or is another's. */
function boundTo(store: ObjectStore, account: KubeObject, reference: BoundObjectRef): BoundTo {
  const { apiVersion = '', kind = '', name = '' } = reference
  const { namespace = '', name: accountName } = account.metadata
  const found = (key: string): KubeObject => {
    if (name === '') throw badRequest('Name parameter required.')
    const { value } = store.require(store.registry.byKind('v1', kind) as ResourceDefinition, key)
    const { uid } = value.metadata
    if ((reference.uid ?? '') !== '' && reference.uid !== uid)
      throw conflict(
        { group: '', resource: kind, name },
        `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    return value
  }
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  switch (group === '' ? kind : '') {
    case 'Pod': {
      const { metadata, spec } = found(`${namespace}/${name}`) as KubeObject & {
        spec?: { serviceAccountName?: string; nodeName?: string }
      }
      if (spec?.serviceAccountName !== accountName)
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
        )
      const pod = { name, uid: metadata.uid }
      const { nodeName = '' } = spec
      if (nodeName === '') return { pod }
      const nodes = store.registry.byKind('v1', 'Node') as ResourceDefinition
      return { pod, node: { name: nodeName, uid: store.get(nodes, nodeName)?.value.metadata.uid } }
    }
    case 'Node':
      return { node: { name, uid: found(name).metadata.uid } }
    case 'Secret':
      return { secret: { name, uid: found(`${namespace}/${name}`).metadata.uid } }
    default:
      throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  }
}

export const token: Subresource = {
  kind: 'TokenRequest',
  group: 'authentication.k8s.io',
  version: 'v1',
  verbs: ['create'],
  forms: 'object',
  handle,
}
