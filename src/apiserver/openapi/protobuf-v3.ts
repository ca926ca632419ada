/** OpenAPI version 3 on the protobuf wire. Source: github.com/google/gnostic-models/openapiv3. */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { isRecord } from '../../kube/object.ts'
import {
  any,
  bool,
  double,
  encodeFields,
  entries,
  int,
  list,
  message,
  orReference,
  text,
  within,
  type Encode,
  type Fields,
} from './gnostic.ts'

export function protobufOfVersionThree(document: object): Buffer {
  const writer = new BinaryWriter()
  encodeFields(document, documentFields, 9, writer)
  return Buffer.from(writer.finish())
}

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
  externalDocs: [6, message(() => ({ description: [1, text], url: [2, text] }), 3)],
  example: [7, any],
  title: [9, text],
  multipleOf: [10, double],
  maximum: [11, double],
  exclusiveMaximum: [12, bool],
  minimum: [13, double],
  exclusiveMinimum: [14, bool],
  maxLength: [15, int],
  minLength: [16, int],
  pattern: [17, text],
  maxItems: [18, int],
  minItems: [19, int],
  uniqueItems: [20, bool],
  maxProperties: [21, int],
  minProperties: [22, int],
  required: [23, list(text)],
  enum: [24, list(any)],
  type: [25, text],
  allOf: [26, list(schema)],
  oneOf: [27, list(schema)],
  anyOf: [28, list(schema)],
  not: [29, plainSchema],
  items: [30, within([1], list(schema))],
  properties: [31, within([1], entries(schema))],
  additionalProperties: [
    32,
    (value, ...rest) => within([isRecord(value) ? 1 : 2], isRecord(value) ? schema : bool)(value, ...rest),
  ],
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
    get: [4, operation],
    put: [5, operation],
    post: [6, operation],
    delete: [7, operation],
    patch: [10, operation],
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
