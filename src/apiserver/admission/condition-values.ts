/** The variables of expressions, with their values. Source: k8s.io/apiserver/pkg/admission/plugin/cel/condition.go. */
import { isRecord } from '../../kube/object.ts'
import { programOf } from '../cel/environment.ts'
import { Authorizer, type Access } from '../cel/library/authorizer.ts'
import { runProblem } from '../cel/run-problem.ts'
import type { KubeObject } from '../types.ts'
import type { AdmissionRequest } from './admission.ts'
import { conditionRequest } from './review.ts'

/** An object without a schema: whole numbers are ints. */
export function untyped(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(untyped)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untyped(item)]))
}

/** What a condition is asked of. */
export interface Subject {
  readonly object: KubeObject | undefined
  readonly old: KubeObject | undefined
  readonly dryRun: boolean
  readonly access: Access
}

export type Values = Readonly<Record<string, unknown>>

/** `version`: what the objects are shown in. */
export function conditionValues(
  request: AdmissionRequest,
  { object, old, dryRun, access }: Subject,
  version = request.definition.version,
): Values {
  const { group, resource } = request.definition
  const { namespace, subresource } = request.exchange.request
  const { name } = request
  return {
    object: untyped(object ?? null),
    oldObject: untyped(old ?? null),
    request: untyped(conditionRequest(request, version, dryRun)),
    // Webhooks' conditions may name it, and find it empty.
    namespaceObject: {},
    authorizer: new Authorizer(access, request.user, { group, resource, subresource, namespace, name }),
  }
}

type Program = (context: object) => unknown

/** Stored objects don't change: what they say is parsed once. */
const programs = new WeakMap<object, Map<string, Program>>()

function programIn(owner: object, expression: string): Program {
  let own = programs.get(owner)
  if (own === undefined) programs.set(owner, (own = new Map<string, Program>()))
  let program = own.get(expression)
  if (program === undefined) own.set(expression, (program = programOf(expression) as Program))
  return program
}

/** What an expression gives, or what goes wrong with it. `owner`: the part of a stored object that has it. */
export function evaluate(
  owner: object,
  expression: string,
  values: Values,
): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: programIn(owner, expression)(values) }
  } catch (error) {
    return { problem: runProblem(error as Error) }
  }
}

/** How a request is told of it. */
export const failedText = (expression: string, problem: string): string =>
  `expression '${expression}' resulted in error: ${problem}`
