import { notUnmarshaled } from '../../kube/go-print.ts'
import { apiVersionOf, isRecord, kindText, recordOf } from '../../kube/object.ts'
import { badRequest } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { ofKind } from '../identify.ts'
import { KindProblem, saidKind, versionText } from '../said-kind.ts'

/** What an apply says, checked as the real server checks it before it merges. */
export function appliedConfig(definition: ResourceDefinition, sent: unknown, name: string): KubeObject {
  const value = sent ?? {}
  if (!isRecord(value)) {
    const problem = notUnmarshaled(value, 'map[string]interface {}')
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${problem}`)
  }
  const { apiVersion, kind } = appliedKind(value)
  if (apiVersion !== apiVersionOf(definition) || kind !== definition.kind)
    throw badRequest(`invalid object type: ${kindText(apiVersion, kind)}`)
  const managers = recordOf(value['metadata'])['managedFields']
  if (Array.isArray(managers) && managers.every(isRecord)) throw badRequest('metadata.managedFields must be nil')
  // The schema says what is wrong with it.
  if (!isReadable(value['metadata'])) return value as unknown as KubeObject
  const config = ofKind(definition, value)
  return { ...config, metadata: { ...config.metadata, name } }
}

/** What can't be read is not there. */
function appliedKind(value: Readonly<Record<string, unknown>>): { readonly apiVersion: string; readonly kind: string } {
  const [apiVersion, kind] = [value['apiVersion'], value['kind']].map((said) => (typeof said === 'string' ? said : ''))
  try {
    return { apiVersion: versionText(saidKind({ apiVersion })), kind: kind as string }
  } catch (error) {
    if (error instanceof KindProblem) return { apiVersion: '', kind: '' }
    throw error
  }
}

/** Whether it can be told whose metadata it is. */
function isReadable(metadata: unknown): boolean {
  if (metadata === undefined || metadata === null) return true
  const isText = (field: unknown): boolean => field === undefined || field === null || typeof field === 'string'
  return isRecord(metadata) && isText(metadata['name']) && isText(metadata['namespace'])
}

/** Whether the body takes the object's name away. */
export const saysNoName = (value: unknown): boolean =>
  isRecord(value) && isRecord(value['metadata']) && 'name' in value['metadata']

/** The name that the body itself says, and with its namespace, as errors about it quote it. */
export function nameSaid(value: unknown): { readonly name: string; readonly said: string } {
  const metadata = isRecord(value) && isRecord(value['metadata']) ? value['metadata'] : {}
  const text = (field: unknown): string => (typeof field === 'string' ? field : '')
  const name = text(metadata['name'])
  return { name, said: `${text(metadata['namespace'])}/${name}` }
}
