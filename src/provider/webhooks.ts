/**
 * The provider's webhooks, as a Handler: defaults of its kinds, what may not change, what can't be meant, and the
 * conversion of their versions. Paths and rules: cluster-api test/infrastructure/docker/config/webhook; topology dry runs: util/topology.
 */
import { parseDuration } from '../base/units.ts'
import { errorReply, jsonReply, type Exchange, type Handler, type Reply } from '../kube/handler.ts'
import { decodeJson } from '../kube/json.ts'
import { deepEqual, isRecord, type KubeObject } from '../kube/object.ts'
import { badRequest, failure } from '../kube/status.ts'
import { convertedTo } from './conversion.ts'

interface AdmissionRequest {
  readonly uid: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly dryRun?: boolean
  readonly object?: KubeObject | null
  readonly oldObject?: KubeObject | null
}

const kinds = ['devcluster', 'devclustertemplate', 'devmachine', 'devmachinetemplate'] as const
type Kind = (typeof kinds)[number]

const group = 'infrastructure.cluster.x-k8s.io'
const pathOf = (action: 'mutate' | 'validate', kind: Kind): string =>
  `/${action}-infrastructure-cluster-x-k8s-io-v1beta2-${kind}`

/** Of an API server that converts a whole list at once. */
const bodyBytesMax = 64 << 20

export const conversionPath = '/convert'

/** Answers AdmissionReviews and ConversionReviews. */
export const providerWebhooks: Handler = async (exchange) => {
  try {
    const { path } = exchange.request
    if (path === conversionPath) return conversion((await readReview(exchange)) as unknown as ConversionRequest)
    const request = (await readReview(exchange)) as unknown as AdmissionRequest
    for (const kind of kinds) {
      if (path === pathOf('mutate', kind)) return reviewed(request, { patch: defaultsOf(kind, request) })
      if (path === pathOf('validate', kind)) return reviewed(request, { problem: problemOf(kind, request) })
    }
    throw failure(404, 'NotFound', `there is no webhook ${path}`)
  } catch (error) {
    return errorReply(error)
  }
}

async function readReview(exchange: Exchange): Promise<Record<string, unknown>> {
  let review: unknown
  try {
    review = decodeJson((await exchange.body.read(bodyBytesMax)).toString('utf8')).value
  } catch (error) {
    throw badRequest((error as Error).message)
  }
  if (!isRecord(review) || !isRecord(review['request'])) throw badRequest('a review with a request was expected')
  return review['request']
}

interface ConversionRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: readonly KubeObject[]
}

function conversion({ uid, desiredAPIVersion, objects }: ConversionRequest): Reply {
  const answer = (response: object): Reply =>
    jsonReply(200, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'ConversionReview',
      response: { uid, ...response },
    })
  try {
    const convertedObjects = objects.map((object) => convertedTo(object, desiredAPIVersion))
    return answer({ result: { status: 'Success' }, convertedObjects })
  } catch (error) {
    return answer({ result: { status: 'Failed', message: (error as Error).message } })
  }
}

interface Verdict {
  readonly patch?: readonly object[] | undefined
  readonly problem?: string | undefined
}

function reviewed({ uid }: AdmissionRequest, { patch = [], problem }: Verdict): Reply {
  const encoded = Buffer.from(JSON.stringify(patch)).toString('base64')
  return jsonReply(200, {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: problem === undefined,
      ...(patch.length === 0 ? {} : { patchType: 'JSONPatch', patch: encoded }),
      ...(problem === undefined ? {} : { status: { code: 422, reason: 'Invalid', message: problem } }),
    },
  })
}

/** A kind's own spec: that of what it makes, for templates. */
function specOf(kind: Kind, object: KubeObject | null | undefined): Record<string, unknown> | undefined {
  const spec = object?.spec
  const inner =
    kind.endsWith('template') && isRecord(spec) && isRecord(spec['template']) ? spec['template']['spec'] : spec
  return isRecord(inner) ? inner : undefined
}

/** Without a backend there is one to take. */
function defaultsOf(kind: Kind, { object }: AdmissionRequest): readonly object[] {
  const spec = specOf(kind, object)
  if (spec === undefined || spec['backend'] !== undefined) return []
  const at = kind.endsWith('template') ? '/spec/template/spec' : '/spec'
  return [{ op: 'add', path: `${at}/backend`, value: { inMemory: {} } }]
}

function problemOf(kind: Kind, request: AdmissionRequest): string | undefined {
  const { operation, object, oldObject } = request
  const [spec, before] = [specOf(kind, object), specOf(kind, oldObject)]
  if (operation === 'UPDATE' && kind.endsWith('template') && !isTopologyDryRun(request) && !deepEqual(spec, before))
    return 'spec.template.spec: Invalid value: the template is immutable: make another one and refer to that'
  if (operation === 'DELETE' || spec === undefined) return undefined
  const backend = spec['backend']
  if (isRecord(backend) && !isRecord(backend['inMemory']))
    return `spec.backend: Invalid value: this provider has the backend inMemory only, not ${Object.keys(backend).join(', ') || 'none'}`
  return kind.startsWith('devmachine') && isRecord(backend) ? startupProblem(backend['inMemory']) : undefined
}

function startupProblem(inMemory: unknown): string | undefined {
  for (const [part, section] of Object.entries(isRecord(inMemory) ? inMemory : {})) {
    const provisioning = isRecord(section) && isRecord(section['provisioning']) ? section['provisioning'] : {}
    const { startupDuration = '0s', startupJitter = '0' } = provisioning as Record<string, string>
    const path = `spec.backend.inMemory.${part}.provisioning`
    if (parseDuration(startupDuration) === undefined)
      return `${path}.startupDuration: Invalid value: "${startupDuration}": a duration needs a unit, as 10s`
    if (!(Number(startupJitter) >= 0))
      return `${path}.startupJitter: Invalid value: "${startupJitter}": a share of the duration is a number, as "0.2"`
  }
  return undefined
}

const isTopologyDryRun = ({ dryRun, object }: AdmissionRequest): boolean =>
  dryRun === true && object?.metadata.annotations?.['topology.cluster.x-k8s.io/dry-run'] !== undefined

/** The configurations that make an API server ask; `clientConfig` says where a path is. */
export const webhookConfigurations = (clientConfig: (path: string) => object): KubeObject[] =>
  (['Mutating', 'Validating'] as const).map((type) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
    metadata: {
      name: `capstorm-${type.toLowerCase()}-webhook-configuration`,
      labels: { 'cluster.x-k8s.io/provider': 'infrastructure-capstorm' },
    },
    webhooks: kinds.map((kind) => ({
      name: `${type === 'Mutating' ? 'default' : 'validation'}.${kind}.${group}`,
      admissionReviewVersions: ['v1'],
      clientConfig: clientConfig(pathOf(type === 'Mutating' ? 'mutate' : 'validate', kind)),
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'None',
      rules: [
        { apiGroups: [group], apiVersions: ['v1beta2'], resources: [`${kind}s`], operations: ['CREATE', 'UPDATE'] },
      ],
    })),
  }))
