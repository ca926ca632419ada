/** The object that a request sends whole. */
import { notUnmarshaled, typeMetaStruct } from '../../kube/go-print.ts'
import type { Exchange } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { badRequest } from '../../kube/status.ts'
import { TypeMismatch } from '../../kube/types/go-value.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOfKind } from '../../kube/types/tables.ts'
import { MalformedBody, quoted, readObject } from '../body.ts'
import { conformed, type Conformed } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { withoutRepeatedOwners } from '../repeated-owners.ts'
import { wireType } from '../represent.ts'
import { placed, unrecognized, withMetadata } from '../identify.ts'
import {
  KindProblem,
  notHandled,
  requireBuiltIn,
  requireReadable,
  requireVersion,
  saidKind,
  type SaidKind,
} from '../said-kind.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * As the kind has it; `also` are versions of it that differ in nothing but their name. Throws 400 for what is none of
 * the kind.
 */
export async function readWhole(
  definition: ResourceDefinition,
  exchange: Exchange,
  also: readonly string[] = [],
): Promise<Conformed> {
  const none = (problem: string, sent: string): Error => badRequest(`${unrecognized(definition)}: ${problem} (${sent})`)
  const body = await readObject(exchange, wireType(definition)).catch((error: unknown) => {
    throw error instanceof MalformedBody ? none(error.message, error.quoted) : (error as Error)
  })
  const { text = '' } = body
  const whole = body.value === null ? {} : body.value
  if (!isRecord(whole)) {
    const problem = notUnmarshaled(whole, typeMetaStruct)
    throw none(`couldn't get version/kind; json parse error: ${problem}`, quoted(text))
  }
  const { apiVersion } = whole
  const isKnown = typeof apiVersion === 'string' && also.includes(apiVersion)
  const known = isKnown ? { ...whole, apiVersion: apiVersionOf(definition) } : whole
  try {
    if (definition.custom !== true) requireBuiltIn(definition, known, () => text)
    else if (exchange.body.value === undefined) requireKind(known, text)
  } catch (error) {
    if (!(error instanceof KindProblem)) throw error
    throw error.said === undefined
      ? none(error.message, quoted(text))
      : notHandled(definition, error.said, unread(error.said, known) ?? error.message)
  }
  const { object: sent, warnings } = conformed(definition, exchange, withMetadata(known), body)
  if (definition.custom === true && exchange.body.value === undefined) requireVersion(definition, sent)
  return withoutRepeatedOwners(exchange, { object: placed(definition, exchange.request, sent), warnings })
}

/** What is of another kind is read as that before it is refused. */
function unread({ group, version, kind }: SaidKind, value: Json): string | undefined {
  const message = messageOfKind(group, version, kind)
  if (message === undefined) return undefined
  try {
    normalize(message, value, () => {})
    return undefined
  } catch (error) {
    if (error instanceof TypeMismatch) return error.message
    throw error
  }
}

/** Built-in kinds are known by their path, custom ones have to say what they are. */
function requireKind(whole: Json, text: string): void {
  if (saidKind(whole).kind === '') throw new KindProblem(`Object 'Kind' is missing in '${text}'`)
  requireReadable(whole)
}
