/** OpenAPI version 3 on the protobuf wire. Source: github.com/google/gnostic-models/openapiv3. */
import {
  any,
  bool,
  documentOnWire,
  double,
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

export const protobufOfVersionThree = (document: object): Buffer => documentOnWire(document, documentFields, 9)

const plainSchema: Encode = message(() => schemaFields, 36)
const schema: Encode = orReference(plainSchema)

/** A struct's default of nothing has no place on this wire, and is left out. */
const initial: Encode = (value, ...rest) => {
  if (typeof value === 'number') within([1], double)(value, ...rest)
  else if (typeof value === 'boolean') within([2], bool)(value, ...rest)
  else if (typeof value === 'string') within([3], text)(value, ...rest)
}

const schemaFields: Fields = {
  nullable: [1, bool],
  externalDocs: [6, externalDocs],
  example: [7, any],
  title: [9, text],
  ...limitFields(10),
  type: [25, text],
  allOf: [26, list(schema)],
  oneOf: [27, list(schema)],
  anyOf: [28, list(schema)],
  not: [29, plainSchema],
  items: [30, within([1], list(schema))],
  properties: [31, within([1], entries(schema))],
  additionalProperties: [32, orBoolean(schema)],
  default: [33, initial],
  description: [34, text],
  format: [35, text],
}

const content: Encode = within([1], entries(message(() => ({ schema: [1, schema] }), 5)))

const parameter: Encode = orReference(
  message(
    () => ({ name: [1, text], in: [2, text], description: [3, text], required: [4, bool], schema: [10, schema] }),
    14,
  ),
)

const operation: Encode = message(
  () => ({
    tags: [1, list(text)],
    description: [3, text],
    operationId: [5, text],
    parameters: [6, list(parameter)],
    requestBody: [7, orReference(message(() => ({ content: [2, content], required: [3, bool] }), 4))],
    responses: [
      8,
      within([2], entries(orReference(message(() => ({ description: [1, text], content: [3, content] }), 5)))),
    ],
  }),
  13,
)

const pathItem: Encode = message(
  () => ({
    ...methodFields(4, operation),
    parameters: [13, list(parameter)],
  }),
  14,
)

const securityScheme: Encode = orReference(
  message(() => ({ type: [1, text], description: [2, text], name: [3, text], in: [4, text] }), 9),
)

const components: Encode = message(
  () => ({ schemas: [1, within([1], entries(schema))], securitySchemes: [7, within([1], entries(securityScheme))] }),
  10,
)

const documentFields: Fields = {
  openapi: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [6, text] }), 7)],
  paths: [4, within([1], entries(pathItem))],
  components: [5, components],
}
