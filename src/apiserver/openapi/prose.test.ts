import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'
import { shareParameters } from './shared-parameters.ts'

interface Described {
  readonly description?: string
  readonly allOf?: unknown
  readonly $ref?: string
}
type Schemas = Record<string, Described & { properties?: Record<string, Described>; required?: string[] }>
interface Parameter {
  readonly name: string
  readonly description?: string
  readonly $ref?: string
}

const schemasOf = async (path: string): Promise<Schemas> => {
  const { call } = testServer()
  return ((await call('GET', path)).body['components'] as { schemas: Schemas }).schemas
}

describe('what documents say', () => {
  it('of a field that is a struct is said of the field', async () => {
    const schemas = await schemasOf('/openapi/v3/api/v1')
    const { resources } = schemas['io.k8s.api.core.v1.Container']?.properties ?? {}
    expect(resources?.description).toMatch(/^Compute Resources required by this container\. Cannot be updated/)
    expect(resources?.allOf).toBeDefined()
    const claims = schemas['io.k8s.api.core.v1.ResourceRequirements']?.properties?.['claims']?.description
    expect(claims).toContain('used by this container.\n\nThis field depends on')
  })

  it('of lists, times and the like is said of those, of a quantity nothing', async () => {
    const schemas = await schemasOf('/openapi/v3/api/v1')
    expect(schemas['io.k8s.api.core.v1.PodList']?.description).toBe('PodList is a list of Pods.')
    expect(schemas['io.k8s.api.core.v1.PodList']?.properties?.['items']?.description).toMatch(/^List of pods/)
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Time']?.description).toMatch(/^Time is a wrapper/)
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']?.description).toMatch(/^IntOrString/)
    expect(schemas['io.k8s.apimachinery.pkg.api.resource.Quantity']?.description).toBeUndefined()
  })

  it('names what must be given, where it is left out when it is empty, too', async () => {
    const schemas = await schemasOf('/openapi/v3/api/v1')
    expect(schemas['io.k8s.api.core.v1.ContainerRestartRule']?.required).toEqual(['action'])
    expect(schemas['io.k8s.api.core.v1.AzureDiskVolumeSource']?.properties?.['kind']).toMatchObject({
      default: 'Shared',
    })
    expect(schemas['io.k8s.api.core.v1.SeccompProfile']).toMatchObject({
      'x-kubernetes-unions': [
        { discriminator: 'type', 'fields-to-discriminateBy': { localhostProfile: 'LocalhostProfile' } },
      ],
    })
  })

  it('a claim that a stateful set holds is a kind there, too', async () => {
    const schemas = await schemasOf('/openapi/v3/apis/apps/v1')
    expect(schemas['io.k8s.api.core.v1.PersistentVolumeClaim']).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'PersistentVolumeClaim' }],
    })
  })

  it('of parameters is said with its paragraphs, and once in version 2', async () => {
    const { call } = testServer()
    const path = '/api/v1/namespaces/{namespace}/pods'
    type Paths = Record<string, { get: { parameters: Parameter[]; description: string }; parameters: Parameter[] }>
    const three = (await call('GET', '/openapi/v3/api/v1')).body['paths'] as Paths
    const said = (name: string): string | undefined =>
      three[path]?.get.parameters.find((each) => each.name === name)?.description
    expect(said('limit')).toMatch(/set the `continue` field .*\n\nThe server guarantees/)
    expect(said('sendInitialEvents')).toContain('request started being processed.\n- `resourceVersionMatch` set to')
    expect(three['/api/v1/namespaces/{namespace}/pods/{name}/exec']).toMatchObject({
      get: { description: 'connect GET requests to exec of Pod' },
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'name', description: 'name of the PodExecOptions' }),
        expect.objectContaining({ name: 'tty', description: expect.stringContaining('TTY if true') as string }),
      ]) as unknown,
    })
    const { body } = await call('GET', '/openapi/v2')
    const two = body['paths'] as Paths
    const watched = two[path]?.get.parameters.map(({ $ref }) => $ref)
    // The name that a real server gives it, too.
    expect(watched).toContain('#/parameters/allowWatchBookmarks-HC2hJt-J')
    expect(body['parameters']).toMatchObject({ 'watch-XNNPZGbK': { name: 'watch', in: 'query', type: 'boolean' } })
  })

  it('of a kind stays where it is', () => {
    const body = (kind: string): object => ({ name: 'body', in: 'body', schema: { $ref: `#/definitions/${kind}` } })
    const own = [{ name: 'name', in: 'path' }, { name: 'dryRun', in: 'query' }, body('io.k8s.api.core.v1.Pod')]
    const options = body('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')
    const paths = { '/a': { delete: { parameters: [...own, options] } } }
    const [[name, shared] = []] = Object.entries(shareParameters(paths))
    expect(shared).toEqual(options)
    expect(paths['/a'].delete.parameters).toEqual([...own, { $ref: `#/parameters/${String(name)}` }])
  })
})
