import { describe, expect, it } from 'vitest'
import { gadgetDefinition, testServer } from '../testing.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const properties = {
  a: { type: 'string' },
  b: { type: 'integer' },
  l: { type: 'array', items: { type: 'string' } },
  o: { type: 'object', properties: { x: { type: 'boolean' } } },
  t: { type: 'array', items: { type: 'object', properties: { q: { type: 'integer' } } } },
  m: { type: 'object', additionalProperties: { type: 'integer' } },
  k: { 'x-kubernetes-int-or-string': true },
  'd-e': { type: 'string' },
  s: { type: 'string', maxLength: 1000 },
  n: { type: 'array', maxItems: 50, items: { type: 'string', maxLength: 63 } },
}

const withRule = (rule: object): object => {
  const spec = { type: 'object', properties, 'x-kubernetes-validations': [rule] }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
  return gadgetDefinition({ versions: [{ name: 'v1', served: true, storage: true, schema }] })
}

const refusal = async (rule: object): Promise<string | undefined> => {
  const { status, body } = await testServer().call('POST', definitions, { body: withRule(rule) })
  if (status === 201) return undefined
  return body.message?.replace(/^.*?x-kubernetes-validations\[0\]\.(\w+): Invalid value: (\{.*?\}|[^:]*): /s, '$1: ')
}

const beginnings =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

/** Answers of kube-apiserver v1.36.1 to the same definitions. */
describe('rules of a definition', () => {
  it.each([
    ['self.b == 1 &&  self.a  > self.b', "1:25: found no matching overload for '_>_' applied to '(string, int)'"],
    ['self.l.all(x, x + 1 == 2)', "1:17: found no matching overload for '_+_' applied to '(string, int)'"],
    ['self.a && true', "1:5: expected type 'bool' but found 'string'"],
    ['!self.a', "1:1: found no matching overload for '!_' applied to '(string)'"],
    ['self.o.nope', "1:7: undefined field 'nope'"],
    ['has(self.nope)', "1:4: undefined field 'nope'"],
    ['self.b in self.l', "1:8: found no matching overload for '@in' applied to '(int, list(string))'"],
    ['self.a.startsWith(1)', "1:18: found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['size(self.b) > 1', "1:5: found no matching overload for 'size' applied to '(int)'"],
    ['self.t.all(y, y.z > 0)', "1:16: undefined field 'z'"],
    ['self.a.foo()', "1:11: undeclared reference to 'foo' (in container '')"],
    ['bar == 1', "1:1: undeclared reference to 'bar' (in container '')"],
    ['self.a.matches("^[")', '1:16: invalid matches argument'],
    ['self.b == 1.5', "1:8: found no matching overload for '_==_' applied to '(int, double)'"],
    ['[1, "a"].size() > 1', "1:5: expected type 'int' but found 'string'"],
    ['self.l.all(self.a, true)', '1:16: argument must be a simple name'],
    ['self.l.map(1, 2).size() > 1', '1:12: argument is not an identifier'],
    ['cel.bind', "1:1: undeclared reference to 'cel' (in container '')"],
    ['duration("1x") > duration("1s")', '1:10: invalid duration argument'],
    ['self.a.matches("(?!a)")', '1:16: invalid matches argument'],
    ['self.a ==', `1:10: Syntax error: mismatched input '<EOF>' expecting ${beginnings}`],
    ['self.', "1:6: Syntax error: no viable alternative at input '.'"],
    ['(self.a', "1:8: Syntax error: missing ')' at '<EOF>'"],
    ['self.a)', "1:7: Syntax error: extraneous input ')' expecting <EOF>"],
    ['self.a == "x" and true', "1:15: Syntax error: mismatched input 'and' expecting <EOF>"],
    ['self.a === "x"', "1:10: Syntax error: token recognition error at: '= '"],
    ['[1 2]', "1:4: Syntax error: extraneous input '2' expecting {']', ','}"],
    ['true ? 1 2', "1:10: Syntax error: missing ':' at '2'"],
    ['for', '1:1: reserved identifier: for'],
    ['9223372036854775808 > 1', '1:1: invalid int literal'],
  ])('%s is not of one type', async (rule, problem) => {
    const column = Number(problem.split(':')[1])
    expect(await refusal({ rule })).toBe(
      `rule: compilation failed: ERROR: <input>:${problem}\n | ${rule}\n | ${'.'.repeat(column - 1)}^`,
    )
  })

  it.each([
    'self.m["x"] > 1',
    'self.k == 1',
    'type(self.k) == int ? self.k > 1 : true',
    'self.d__dash__e == "a"',
    'self.t.exists_one(y, y.q == 1)',
    'oldSelf.b <= self.b',
    'self == oldSelf',
    'self.b > 1.0',
    '"x" in self.m',
    'self.n.filter(x, x.matches("^a")).size() < 3',
    'quantity(self.a).isInteger()',
    'self.n.isSorted()',
    'string(self.b) == self.a',
  ])('%s is', async (rule) => expect(await refusal({ rule })).toBeUndefined())

  it.each<[object, string]>([
    [{ rule: '1 + 2' }, 'rule: cel expression must evaluate to a bool'],
    [{ rule: 'true', messageExpression: '1 + 2' }, 'messageExpression: messageExpression must evaluate to a string'],
    [{ rule: 'true', fieldPath: '.nope' }, 'fieldPath: must be a valid path'],
    [{ rule: 'self.b > 0', optionalOldSelf: true }, 'optionalOldSelf: may not be set if oldSelf is not used in rule'],
  ])('%j', async (rule, problem) => expect(await refusal(rule)).toBe(problem))

  it.each([
    ['self.l.all(x, x.startsWith("a"))', undefined],
    ['self.l.exists(x, self.l.all(y, x == y))', 'more than 100x'],
    ['self.a.contains(self.s)', '12.6x'],
    ['self.a.split(",").all(x, x.size() > 1)', '2.0x'],
    ['self.l.isSorted()', 'more than 100x'],
    ['self.n.all(x, self.n.all(y, self.n.all(z, x == y || y == z)))', undefined],
    ['format.dns1123Label().validate(self.a).hasValue()', '1.006634x'],
    ['sets.equivalent(self.n, self.l)', '10.5x'],
    ['self.l.transformMap(i, v, v.size()).size() > 1', undefined],
  ])('%s costs no more than a rule may, but by a factor of: %s', async (rule, factor) => {
    const told = await refusal({ rule })
    if (factor === undefined) expect(told).toBeUndefined()
    else expect(told).toContain(`Forbidden: estimated rule cost exceeds budget by factor of ${factor} (try`)
  })

  const unique = 'self == oldSelf'
  const within = 'spec.validation.openAPIV3Schema.properties[spec].properties'
  it.each<[string, object, string, string | undefined]>([
    [
      'an item that may stand there a million times',
      { type: 'array', items: { type: 'string' } },
      'self.contains("a")',
      'by factor of more than 100x',
    ],
    ['an item of ten', { type: 'array', maxItems: 10, items: { type: 'string' } }, 'self.contains("a")', undefined],
    [
      'an item without a past',
      { type: 'array', items: { type: 'string' } },
      unique,
      `Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${within}[x]`,
    ],
    [
      'an item that a key names',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', required: ['k'], properties: { k: { type: 'string', maxLength: 9 } } },
      },
      'self.k == oldSelf.k',
      undefined,
    ],
    [
      'an item of any form',
      { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
      'true',
      'unable to convert structural schema to CEL declarations',
    ],
  ])('of %s', async (_, list, rule, problem) => {
    const { items, ...whole } = list as { items: object }
    const x = { ...whole, items: { ...items, 'x-kubernetes-validations': [{ rule }] } }
    const spec = { type: 'object', properties: { x } }
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
    const body = gadgetDefinition({ versions: [{ name: 'v1', served: true, storage: true, schema }] })
    const answer = await testServer().call('POST', definitions, { body })
    if (problem === undefined) expect(answer.status).toBe(201)
    else expect(answer.body.message).toContain(problem)
  })

  it('tell of all that is wrong, with their lines', async () => {
    const rule = 'self.b.x == 1\n  && self.nope'
    expect(await refusal({ rule, message: 'm' })).toBe(
      "rule: compilation failed: ERROR: <input>:1:7: type 'int' does not support field selection\n | self.b.x == 1\n | ......^\nERROR: <input>:2:10: undefined field 'nope'\n |   && self.nope\n | .........^",
    )
  })

  it('say which field they are about, and what their message expression says where it is one line', async () => {
    const { call, clock } = testServer()
    const rules = [
      { rule: 'self.b > 10', fieldPath: ".o['x']", message: 'a' },
      { rule: 'self.b > 10', fieldPath: '.m.k', message: ' b ' },
      { rule: 'self.b > 10', messageExpression: '" c "' },
      { rule: 'self.b > 10', messageExpression: '"d\\nd"', message: 'd' },
      { rule: ' self.b > 10 ', messageExpression: '""' },
      { rule: 'self.m["q"] == 1', message: 'e' },
      { rule: '"oldSelf" == "x"', message: 'f' },
    ]
    const spec = { type: 'object', properties, 'x-kubernetes-validations': rules }
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
    await call('POST', definitions, {
      body: gadgetDefinition({ versions: [{ name: 'v1', served: true, storage: true, schema }] }),
    })
    await clock.advance(1)
    const body = { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { b: 1, m: { k: 2 } } }
    const answer = await call('POST', '/apis/example.dev/v1/namespaces/default/gadgets', { body })
    const { causes } = answer.body['details'] as { causes: { field: string; message: string }[] }
    expect(causes.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'spec.o.x: Invalid value: a',
      'spec.m[k]: Invalid value: b',
      'spec: Invalid value: c',
      'spec: Invalid value: d',
      'spec: Invalid value: failed rule: self.b > 10',
      'spec: Invalid value: "object": no such key: q evaluating rule: e',
      'spec: Invalid value: f',
    ])
  })

  it('see properties under names that they can write, and what was before as an option', async () => {
    const { call, clock } = testServer()
    const rule = {
      rule: 'self.d__dash__e == oldSelf.orValue(self).d__dash__e',
      optionalOldSelf: true,
      message: 'stays',
    }
    await call('POST', definitions, { body: withRule(rule) })
    await clock.advance(1)
    const gadgets = '/apis/example.dev/v1/namespaces/default/gadgets'
    const made = await call('POST', gadgets, {
      body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { 'd-e': 'a' } },
    })
    expect(made.status).toBe(201)
    const headers = { 'content-type': 'application/merge-patch+json' }
    const changed = await call('PATCH', `${gadgets}/g`, { body: { spec: { 'd-e': 'b' } }, headers })
    expect(changed.body.message).toBe('Gadget.example.dev "g" is invalid: spec: Invalid value: stays')
  })
})

describe('two definitions of one group', () => {
  const named = (plural: string, kind: string): object => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.dev` },
    spec: {
      group: 'example.dev',
      scope: 'Cluster',
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  })

  it('share no name: the second waits until the first is gone', async () => {
    const { call, clock } = testServer()
    await call('POST', definitions, { body: named('gadgets', 'Gadget') })
    await call('POST', definitions, { body: named('others', 'Gadget') })
    await clock.advance(1)
    const { body } = await call('GET', `${definitions}/others.example.dev`)
    expect(body['status']).toMatchObject({
      acceptedNames: { plural: 'others', kind: '' },
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'False',
          reason: 'ListKindConflict',
          message: '"GadgetList" is already in use',
        },
        { type: 'Established', status: 'False', reason: 'NotAccepted' },
      ],
    })
    expect((await call('GET', '/apis/example.dev/v1/others')).status).toBe(404)
    await call('DELETE', `${definitions}/gadgets.example.dev`)
    await clock.advance(1)
    expect((await call('GET', '/apis/example.dev/v1/others')).status).toBe(200)
  })
})

it('what fits none of the alternatives is told, and why the first does not fit', async () => {
  const { call, clock } = testServer()
  const one = {
    type: 'object',
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
    properties: { a: { type: 'string' }, b: { type: 'string' } },
  }
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: one, status: { type: 'object', properties: { ready: { type: 'boolean' } } } },
    },
  }
  await call('POST', definitions, {
    body: gadgetDefinition({
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
    }),
  })
  await clock.advance(1)
  const gadgets = '/apis/example.dev/v1/namespaces/default/gadgets'
  const create = (spec: object, more = {}): ReturnType<typeof call> =>
    call('POST', gadgets, {
      body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g' }, spec, ...more },
    })
  const none = await create({}, { bogus: 1 })
  expect(none.body.message).toBe(
    'Gadget.example.dev "g" is invalid: [<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid, spec.a: Required value]',
  )
  expect(none.headers['warning']).toEqual(['299 - "unknown field \\"bogus\\""'])
  expect((await create({ a: 'x', b: 'y' })).body.message).toContain('Found 2 valid alternatives')
  expect((await create({ a: 'x' })).status).toBe(201)
  const headers = { 'content-type': 'application/merge-patch+json' }
  const status = await call('PATCH', `${gadgets}/g/status`, { body: { status: { ready: 'yes' } }, headers })
  expect(status.body.message).toBe(
    'Gadget.example.dev "g" is invalid: status.ready: Invalid value: "string": ready in body must be of type boolean: "string"',
  )
})
