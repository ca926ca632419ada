/** OpenAPI version 2 on the protobuf wire. Source: github.com/google/gnostic-models/openapiv2. */
import {
  any,
  bool,
  documentOnWire,
  entries,
  externalDocs,
  limitFields,
  list,
  message,
  methodFields,
  orBoolean,
  orReference,
  text,
  within,
  type Encode,
  type Fields,
} from './gnostic.ts'

export const protobufOfVersionTwo = (document: object): Buffer => documentOnWire(document, documentFields, 16)

const schema: Encode = message(() => schemaFields, 31)

const schemaFields: Fields = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  ...limitFields(6),
  additionalProperties: [21, orBoolean(schema)],
  type: [22, within([1], list(text))],
  items: [23, within([1], list(schema))],
  allOf: [24, list(schema)],
  properties: [25, within([1], entries(schema))],
  externalDocs: [29, externalDocs],
  example: [30, any],
}

const bodyParameter: Encode = message(
  () => ({ description: [1, text], name: [2, text], in: [3, text], required: [4, bool], schema: [5, schema] }),
  6,
)
const plainParameter = (type: number, uniqueItems: number, extensions: number): Encode =>
  message(
    () => ({
      required: [1, bool],
      in: [2, text],
      description: [3, text],
      name: [4, text],
      type: [type, text],
      uniqueItems: [uniqueItems, bool],
    }),
    extensions,
  )
const places: Readonly<Record<string, Encode>> = {
  body: within([1], bodyParameter),
  query: within([2, 3], plainParameter(6, 20, 23)),
  path: within([2, 4], plainParameter(5, 19, 22)),
}
const parameter: Encode = (value, ...rest) => places[(value as { in: string }).in]?.(value, ...rest)

const response: Encode = within(
  [1],
  message(() => ({ description: [1, text], schema: [2, within([1], schema)] }), 5),
)

const operation: Encode = message(
  () => ({
    tags: [1, list(text)],
    description: [3, text],
    operationId: [5, text],
    produces: [6, list(text)],
    consumes: [7, list(text)],
    parameters: [8, list(orReference(parameter))],
    responses: [9, within([1], entries(response))],
    schemes: [10, list(text)],
  }),
  13,
)

const pathItem: Encode = message(
  () => ({
    ...methodFields(2, operation),
    parameters: [9, list(orReference(parameter))],
  }),
  10,
)

const apiKey: Encode = within(
  [2],
  message(() => ({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }), 5),
)

const documentFields: Fields = {
  swagger: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [2, text] }), 7)],
  paths: [8, within([2], entries(pathItem))],
  definitions: [9, within([1], entries(schema))],
  parameters: [10, within([1], entries(parameter))],
  security: [12, list(within([1], entries(within([1], list(text)))))],
  securityDefinitions: [13, within([1], entries(apiKey))],
}
