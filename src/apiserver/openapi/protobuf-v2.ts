/** OpenAPI version 2 on the protobuf wire. Source: github.com/google/gnostic-models/openapiv2. */
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
  text,
  within,
  type Encode,
  type Fields,
} from './gnostic.ts'

export function protobufOfVersionTwo(document: object): Buffer {
  const writer = new BinaryWriter()
  encodeFields(document, documentFields, 16, writer)
  return Buffer.from(writer.finish())
}

const schema: Encode = message(() => schemaFields, 31)

const schemaFields: Fields = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, bool],
  minimum: [9, double],
  exclusiveMinimum: [10, bool],
  maxLength: [11, int],
  minLength: [12, int],
  pattern: [13, text],
  maxItems: [14, int],
  minItems: [15, int],
  uniqueItems: [16, bool],
  maxProperties: [17, int],
  minProperties: [18, int],
  required: [19, list(text)],
  enum: [20, list(any)],
  additionalProperties: [
    21,
    (value, ...rest) => within([isRecord(value) ? 1 : 2], isRecord(value) ? schema : bool)(value, ...rest),
  ],
  type: [22, within([1], list(text))],
  items: [23, within([1], list(schema))],
  allOf: [24, list(schema)],
  properties: [25, within([1], entries(schema))],
  externalDocs: [29, message(() => ({ description: [1, text], url: [2, text] }), 3)],
  example: [30, any],
}

const bodyParameter: Encode = message(
  () => ({ description: [1, text], name: [2, text], in: [3, text], required: [4, bool], schema: [5, schema] }),
  6,
)
const queryParameter: Encode = message(
  () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    uniqueItems: [20, bool],
  }),
  23,
)
const pathParameter: Encode = message(
  () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    uniqueItems: [19, bool],
  }),
  22,
)
const places: Readonly<Record<string, Encode>> = {
  body: within([1, 1], bodyParameter),
  query: within([1, 2, 3], queryParameter),
  path: within([1, 2, 4], pathParameter),
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
    parameters: [8, list(parameter)],
    responses: [9, within([1], entries(response))],
    schemes: [10, list(text)],
  }),
  13,
)

const pathItem: Encode = message(
  () => ({
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    patch: [8, operation],
    parameters: [9, list(parameter)],
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
  security: [12, list(within([1], entries(within([1], list(text)))))],
  securityDefinitions: [13, within([1], entries(apiKey))],
}
