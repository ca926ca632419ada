/** The object that a request sends whole. */
import { notUnmarshaled, typeMetaStruct } from '../../kube/go-print.ts'
import type { Exchange } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { badRequest } from '../../kube/status.ts'
import { MalformedBody, quoted, readObject } from '../body.ts'
import { conformed, type Conformed } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { wireType } from '../represent.ts'
import { placed, recognized } from '../identify.ts'

/**
 * As the kind has it; `also` are versions of it that differ in nothing but their name. Throws 400 for what is none of
 * the kind.
 */
export async function readWhole(
  definition: ResourceDefinition,
  exchange: Exchange,
  also: readonly string[] = [],
): Promise<Conformed> {
  const unrecognized = `the object provided is unrecognized (must be of type ${definition.kind}): `
  const body = await readObject(exchange, wireType(definition)).catch((error: unknown) => {
    throw error instanceof MalformedBody
      ? badRequest(`${unrecognized}${error.message} (${error.quoted})`)
      : (error as Error)
  })
  const whole = body.value === null ? {} : body.value
  if (!isRecord(whole)) {
    const problem = notUnmarshaled(whole, typeMetaStruct)
    const sent = Buffer.from(quoted(body.text ?? '')).toString('hex')
    throw badRequest(`${unrecognized}couldn't get version/kind; json parse error: ${problem} (${sent})`)
  }
  // Built-in kinds are known by their path, custom ones have to say what they are.
  if (definition.custom === true && body.text !== undefined && !whole['kind'])
    throw badRequest(`${unrecognized}Object 'Kind' is missing in '${body.text}' (${quoted(body.text)})`)
  const known = also.includes(String(whole['apiVersion'])) ? { ...whole, apiVersion: apiVersionOf(definition) } : whole
  const { object: sent, warnings } = conformed(definition, exchange, recognized(definition, known, false), body)
  return { object: placed(definition, exchange.request, sent), warnings }
}
