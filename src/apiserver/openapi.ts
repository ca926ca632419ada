/**
 * As much OpenAPI v3 as kubectl needs to leave validation to the server: which kinds take `fieldValidation`.
 * Schemas are not published yet (docs/fidelity.md), so `kubectl explain` finds none.
 * Source: k8s.io/cli-runtime/pkg/resource/query_param_verifier_v3.go.
 */
import { apiVersionOf } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'

const rootOf = (definition: ResourceDefinition): string =>
  definition.group === '' ? `api/${definition.version}` : `apis/${apiVersionOf(definition)}`

/** The answer to a path below /openapi/v3; undefined for anything else. */
export function openApiV3(path: string, definitions: readonly ResourceDefinition[]): unknown {
  if (path === '/openapi/v3') {
    const roots = [...new Set(definitions.map(rootOf))]
    return { paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])) }
  }
  if (!path.startsWith('/openapi/v3/')) return undefined
  const root = path.slice('/openapi/v3/'.length)
  const served = definitions.filter((definition) => rootOf(definition) === root)
  if (served.length === 0) return undefined
  const paths = served.map((definition) => [
    `/${root}/${definition.namespaced ? 'namespaces/{namespace}/' : ''}${definition.resource}/{name}`,
    operations(definition),
  ])
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths: Object.fromEntries(paths) as object,
    components: { schemas: {} },
  }
}

function operations({ group, version, kind }: ResourceDefinition): object {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }))
  const operation = { parameters, responses: {}, 'x-kubernetes-group-version-kind': { group, version, kind } }
  return {
    patch: { ...operation, 'x-kubernetes-action': 'patch' },
    put: { ...operation, 'x-kubernetes-action': 'put' },
  }
}
