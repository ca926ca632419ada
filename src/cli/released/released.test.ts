import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseManager } from './scrape.ts'
import { readDefinitions } from './definitions.ts'
import { localWebhooks, readWebhookSource, withLocalConversion } from './webhooks.ts'
import { componentsText, writeRepository } from '../components.ts'
import { ownDefinitions } from '../deploy-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'released-'))
afterAll(() => rmSync(directory, { recursive: true }))

const write = (name: string, text: string): string => {
  const path = join(directory, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

const definition = (group: string, labels = ''): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.${group}
  ${labels}
spec:
  group: ${group}
  names: {plural: things, kind: Thing}
  scope: Namespaced
  versions:
    - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
    - {name: v1beta2, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`

describe('definitions of released managers', () => {
  it('get the contract labels that they lack, and keep what they have', () => {
    write('crds/a.yaml', definition('infrastructure.cluster.x-k8s.io'))
    write(
      'crds/b.yaml',
      `${definition('cluster.x-k8s.io', 'labels: {cluster.x-k8s.io/v1beta2: v1beta1_v1beta2}')}---\nkind: Deployment\n`,
    )
    write('crds/c.yml', definition('example.com'))
    write('crds/notes.txt', 'not: [yaml')
    expect(readDefinitions([join(directory, 'crds')]).map(({ metadata }) => metadata.labels)).toEqual([
      { 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1beta2' },
      { 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1beta1_v1beta2' },
      undefined,
    ])
  })

  it('that are not there, or are none, are refused with what to do', () => {
    expect(() => readDefinitions(['/nowhere'])).toThrow(
      '/nowhere: cannot be read: there is no such file or folder; give another one with --crds',
    )
    const empty = write('empty/a.yaml', 'kind: ConfigMap\n')
    expect(() => readDefinitions([join(empty, '..')])).toThrow('holds no CustomResourceDefinition')
    expect(() => readDefinitions([write('bad.yaml', 'a: [1\nb: 2\n')])).toThrow(/bad\.yaml:2:\d+: not YAML/)
  })
})

describe('webhooks of released managers', () => {
  const file = write(
    'manifests.yaml',
    `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: mutating-webhook-configuration}
webhooks:
  - name: default.example.com
    clientConfig: {service: {name: webhook-service, namespace: system, path: /mutate-it}}
    failurePolicy: Fail
---
apiVersion: v1
kind: Service
metadata: {name: webhook-service}
`,
  )

  it('are pointed at the manager’s port, and named apart by it', () => {
    const [configuration] = localWebhooks(readWebhookSource(`${file}=9443`), 'the authority')
    expect(configuration?.metadata.name).toBe('mutating-webhook-configuration-9443')
    expect(configuration?.webhooks).toEqual([
      {
        name: 'default.example.com',
        failurePolicy: 'Fail',
        clientConfig: {
          url: 'https://127.0.0.1:9443/mutate-it',
          caBundle: Buffer.from('the authority').toString('base64'),
        },
      },
    ])
  })

  it('convert the versions of the groups that they admit', () => {
    const [crd] = readDefinitions([write('converted.yaml', definition('things.cluster.x-k8s.io'))])
    const rules = 'rules: [{apiGroups: [things.cluster.x-k8s.io]}]'
    const admitting = write('admitting.yaml', readFileSync(file, 'utf8').replace('failurePolicy: Fail', rules))
    const sources = [readWebhookSource(`${file}=9443`), readWebhookSource(`${admitting}=9453`)]
    expect(withLocalConversion(crd as never, sources, 'the authority').spec.conversion).toEqual({
      strategy: 'Webhook',
      webhook: {
        clientConfig: {
          url: 'https://127.0.0.1:9453/convert',
          caBundle: Buffer.from('the authority').toString('base64'),
        },
        conversionReviewVersions: ['v1'],
      },
    })
    expect(withLocalConversion(crd as never, sources.slice(0, 1), 'the authority')).toBe(crd)
  })

  it.each([file, `${file}=`, `${file}=70000`, '=9443'])('%s is refused: it is not FILE=PORT', (argument) => {
    expect(() => readWebhookSource(argument)).toThrow('is not FILE=PORT')
  })

  it('a file without any is refused', () => {
    expect(() => readWebhookSource(`${write('none.yaml', 'kind: Service\n')}=9443`)).toThrow(
      'holds no webhook configuration',
    )
  })
})

it('a manager to sample is NAME=URL', () => {
  expect(parseManager('control-plane=http://127.0.0.1:11463/')).toEqual({
    name: 'control_plane',
    url: 'http://127.0.0.1:11463',
  })
  expect(() => parseManager('http://127.0.0.1')).toThrow('is not NAME=URL')
})

describe('components', () => {
  it('hold our definitions with the contract label, and an image', () => {
    expect(
      ownDefinitions().map(({ metadata }) => [
        metadata.name.split('.')[0],
        metadata.labels?.['cluster.x-k8s.io/v1beta2'],
      ]),
    ).toEqual([
      ['devclusters', 'v1beta2'],
      ['devclustertemplates', 'v1beta2'],
      ['devmachines', 'v1beta2'],
      ['devmachinetemplates', 'v1beta2'],
    ])
    expect(componentsText('example/capstorm:v1')).toContain('image: example/capstorm:v1')
    expect(componentsText(undefined)).toContain('image: capstorm:latest')
    expect(componentsText(undefined)).not.toContain('${')
  })

  it('are a repository as clusterctl reads it', () => {
    const command = writeRepository(join(directory, 'repository'))
    const config = command.split('--config ')[1] as string
    const url = /url: (.*)/.exec(readFileSync(config, 'utf8'))?.[1] as string
    expect(url).toMatch(/infrastructure-capstorm\/v\d+\.\d+\.\d+\/infrastructure-components\.yaml$/)
    expect(readFileSync(url, 'utf8')).toContain('${CAPSTORM_IMAGE:=')
    expect(readFileSync(join(url, '../metadata.yaml'), 'utf8')).toContain('contract: v1beta2')
  })
})
