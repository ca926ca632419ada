/** How a document of one version of OpenAPI and of the other say the same. */
import type { Parameter } from './parameters.ts'

export type Json = Record<string, unknown>

/** What a request carries, and in which types. */
export interface Body {
  readonly types: readonly string[]
  readonly schema: Json
  readonly required: boolean
}

export interface Dialect {
  /** Where references look for schemas. */
  readonly prefix: string
  /** Whether fields name what they are by default. */
  readonly defaults: boolean
  readonly parameter: (parameter: Parameter) => Json
  /** Parameters of a request, what it carries, or may, and the types of its answers. */
  request(
    parameters: readonly Json[],
    body: Body | undefined,
    sent: readonly string[],
    answers: readonly string[],
  ): Json
  /** What an answer holds, in each of the types. */
  content(types: readonly string[], schema: Json): Json
  /** A reference with something to say beside it. */
  referring($ref: string, beside: Json): Json
}

export const described = (text: string | undefined): Json =>
  text === undefined || text === '' ? {} : { description: text }

const needed = (required: boolean): Json => (required ? { required } : {})
const listed = (parameters: readonly Json[]): Json => (parameters.length === 0 ? {} : { parameters })
const contentOf = (types: readonly string[], schema: Json): Json => ({
  content: Object.fromEntries(types.map((type) => [type, { schema }])),
})

export const versionThree: Dialect = {
  prefix: '#/components/schemas/',
  defaults: true,
  parameter: ({ name, place, type, text }) => ({
    name,
    in: place,
    ...described(text),
    ...needed(place === 'path'),
    schema: { type, uniqueItems: true },
  }),
  request: (parameters, body) => ({
    ...listed(parameters),
    ...(body === undefined ? {} : { requestBody: { ...contentOf(body.types, body.schema), ...needed(body.required) } }),
  }),
  content: contentOf,
  // Alone, or in a list with what else there is to say.
  referring: ($ref, beside) => (Object.keys(beside).length === 0 ? { $ref } : { ...beside, allOf: [{ $ref }] }),
}

export const versionTwo: Dialect = {
  prefix: '#/definitions/',
  defaults: false,
  parameter: ({ name, place, type, text }) => ({
    uniqueItems: true,
    type,
    ...described(text),
    name,
    in: place,
    ...needed(place === 'path'),
  }),
  request: (parameters, body, sent, answers) => ({
    ...(sent.length === 0 ? {} : { consumes: body?.types ?? sent }),
    produces: answers,
    schemes: ['https'],
    ...listed([
      ...(body === undefined ? [] : [{ name: 'body', in: 'body', ...needed(body.required), schema: body.schema }]),
      ...parameters,
    ]),
  }),
  content: (_types, schema) => ({ schema }),
  referring: ($ref, beside) => ({ ...beside, $ref }),
}
