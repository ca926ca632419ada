/** How a document of one version of OpenAPI and of the other say the same. */

export type Json = Record<string, unknown>

export interface Dialect {
  /** Where references look for schemas. */
  readonly prefix: string
  parameter(name: string, place: 'path' | 'query'): Json
  /** Parameters and body of a request, and the types of its answers. */
  request(parameters: readonly Json[], body: Readonly<Record<string, Json>>, answers: readonly string[]): Json
  /** What an answer holds, in each of the types. */
  content(types: readonly string[], schema: Json): Json
  /** A reference with something to say beside it. */
  referring($ref: string, beside: Json): Json
}

const types: Readonly<Record<string, string>> = {
  allowWatchBookmarks: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  limit: 'integer',
  orphanDependents: 'boolean',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
}

const schemaOf = (name: string): Json => ({ type: types[name] ?? 'string', uniqueItems: true })
const needed = (place: string): Json => (place === 'path' ? { required: true } : {})

export const versionThree: Dialect = {
  prefix: '#/components/schemas/',
  parameter: (name, place) => ({ name, in: place, ...needed(place), schema: schemaOf(name) }),
  request: (parameters, body) => ({
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(Object.keys(body).length === 0
      ? {}
      : {
          requestBody: {
            content: Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, { schema }])),
          },
        }),
  }),
  content: (all, schema) => ({ content: Object.fromEntries(all.map((type) => [type, { schema }])) }),
  // Alone, or in a list with what else there is to say.
  referring: ($ref, beside) => (Object.keys(beside).length === 0 ? { $ref } : { ...beside, allOf: [{ $ref }] }),
}

export const versionTwo: Dialect = {
  prefix: '#/definitions/',
  parameter: (name, place) => ({ name, in: place, ...needed(place), ...schemaOf(name) }),
  request: (parameters, body, answers) => {
    const [consumes, schema] = [Object.keys(body), Object.values(body)[0]]
    return {
      consumes: consumes.length === 0 ? ['*/*'] : consumes,
      produces: answers,
      schemes: ['https'],
      parameters: [...(schema === undefined ? [] : [{ name: 'body', in: 'body', schema }]), ...parameters],
    }
  },
  content: (_types, schema) => ({ schema }),
  referring: ($ref, beside) => ({ ...beside, $ref }),
}
