/**
 * What kind an object says that it is, and what the real server says where that is none of its path's.
 * Source: k8s.io/apimachinery/pkg/runtime/{schema/group_version.go,serializer/json,converter.go}, pkg/runtime/scheme.go,
 * k8s.io/apiextensions-apiserver/pkg/apiserver/{schema/objectmeta,validation}.
 */
import { internalType, notUnmarshaled } from '../kube/go-print.ts'
import { apiVersionOf } from '../kube/object.ts'
import { badRequest, internalError, invalid, invalidValue } from '../kube/status.ts'
import { messageOfKind } from '../kube/types/tables.ts'
import type { ResourceDefinition } from './definition.ts'

/** An object that is not one of the kind that it has to be. How that is answered depends on what it came with. */
export class KindProblem extends Error {
  override readonly name = 'KindProblem'
  /** What it says could be read, and names it in the answer. */
  readonly said: SaidKind | undefined

  constructor(message: string, said?: SaidKind) {
    super(message)
    this.said = said
  }
}

export interface SaidKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

type Value = Readonly<Record<string, unknown>>

/** Throws {@link KindProblem} where it can't be read. */
export function saidKind(value: Value): SaidKind {
  for (const [name, field] of Object.entries(value)) {
    if ((name !== 'apiVersion' && name !== 'kind') || field === null || field === undefined) continue
    if (typeof field !== 'string')
      throw new KindProblem(`couldn't get version/kind; json parse error: ${notText(name, field)}`)
  }
  const { apiVersion, kind } = value as { apiVersion?: string | null; kind?: string | null }
  const parts = (apiVersion ?? '').split('/')
  if (parts.length > 2) throw new KindProblem(`unexpected GroupVersion string: ${apiVersion}`)
  const [version = '', group = ''] = parts.toReversed()
  return { group, version, kind: kind ?? '' }
}

const notText = (name: string, field: unknown): string =>
  notUnmarshaled(field, 'string').replace('Go value', `Go struct field .${name}`)

export const versionText = ({ group, version }: SaidKind): string => (group === '' ? version : `${group}/${version}`)

/** What a decoder that expects `asked` takes it for: what isn't said is as it expects. */
export function namedBy(said: SaidKind, asked: SaidKind): SaidKind {
  const isSilent = said.group === '' && said.version === ''
  return {
    group: isSilent ? asked.group : said.group,
    version: isSilent || (said.version === '' && said.group === asked.group) ? asked.version : said.version,
    kind: said.kind === '' ? asked.kind : said.kind,
  }
}

export const unregistered = (kind: string, version: string): string =>
  `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`

/** Throws {@link KindProblem} where an object of a built-in kind says that it is another; `text` is its JSON. */
export function requireBuiltIn(definition: ResourceDefinition, value: Value, text: () => string): void {
  const named = namedBy(saidKind(value), definition)
  const { group, version, kind } = named
  if (version === '') throw new KindProblem(`Object 'apiVersion' is missing in '${text()}'`, named)
  if (group === definition.group && version === definition.version && kind === definition.kind) return
  throw new KindProblem(
    !isKnown(named)
      ? unregistered(kind, versionText(named))
      : `converting (${version}.${kind}) to (${internalType(definition)}): unknown conversion`,
    named,
  )
}

/** Kinds of the first version of all, which every other has besides. */
const general = ['List', 'Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList']

const isKnown = ({ group, version, kind }: SaidKind): boolean =>
  messageOfKind(group, version, kind.replace(/(?<=.)List$/, '')) !== undefined ||
  (group === '' && version === 'v1' && general.includes(kind))

/** 400, in the words for an object that is sent whole. */
export const notHandled = (definition: ResourceDefinition, { kind, version }: SaidKind, problem: string): Error =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${definition.kind}: ${problem}`)

const missing = "Object 'apiVersion' is missing in 'object has no apiVersion field'"

/** Throws {@link KindProblem} for an apiVersion of a custom resource that can't be read. */
export function requireReadable(value: Value): void {
  if (value['apiVersion'] !== null) return
  throw new KindProblem('.apiVersion accessor error: <nil> is of the type <nil>, expected string', saidKind(value))
}

/** Throws 400 where a custom resource that is sent whole says that it is of another version. */
export function requireVersion(definition: ResourceDefinition, value: Value): void {
  const version = versionText(saidKind(value))
  const expected = apiVersionOf(definition)
  if (version !== expected)
    throw badRequest(`the API version in the data (${version}) does not match the expected API version (${expected})`)
}

/** Whether a custom resource says that it is another kind, or of another version. */
export const isOther = (definition: ResourceDefinition, { apiVersion, kind }: Value): boolean =>
  apiVersion !== apiVersionOf(definition) || kind !== definition.kind

/** What is said of one that {@link isOther}: 422, and 500 where there is no version. */
export function otherKind(definition: ResourceDefinition, value: Value, name: string): Error {
  const said = saidKind(value)
  const [version, expected] = [versionText(said), apiVersionOf(definition)]
  if (said.version === '') return internalError(missing)
  return invalid(said, name, [
    ...(version === expected ? [] : [invalidValue('apiVersion', version, `must be ${expected}`)]),
    ...(said.kind === definition.kind ? [] : [invalidValue('kind', said.kind, `must be ${definition.kind}`)]),
  ])
}
