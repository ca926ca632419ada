import { describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'

type Call = ReturnType<typeof testServer>['call']

const root = '/apis/admissionregistration.k8s.io/v1'
const path = '/api/v1/namespaces/default/configmaps'
const rule = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  resources: ['configmaps'],
}
const configMap = (data: object, metadata: object = {}): object => ({ metadata: { name: 'c', ...metadata }, data })

async function withPolicy(spec: object, binding: object = {}): Promise<Call> {
  const { call } = testServer()
  const policy = { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [rule] }, ...spec } }
  const bound = { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...binding } }
  expect((await call('POST', `${root}/validatingadmissionpolicies`, { body: policy })).status).toBe(201)
  expect((await call('POST', `${root}/validatingadmissionpolicybindings`, { body: bound })).status).toBe(201)
  return call
}

const validation = (expression: string, more: object = {}): object => ({ validations: [{ expression, ...more }] })

async function asked(spec: object, binding: object = {}, data: object = { a: 'b' }): Promise<Answer> {
  return (await withPolicy(spec, binding))('POST', path, { body: configMap(data) })
}
const denied = `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: `

describe('admission policies', () => {
  it.each([
    ['the expression', {}, 'failed expression: object.data.a == "x"'],
    ['a message', { message: ' not so ' }, 'not so'],
    [
      'what an expression makes of it',
      { message: 'm', messageExpression: '"a is " + string(object.data.a)' },
      'a is b',
    ],
    ['the message where the expression gives none', { message: 'm', messageExpression: '" "' }, 'm'],
    ['the message where the expression fails', { message: 'm', messageExpression: 'string(object.data.z)' }, 'm'],
  ])('refuse in the words of %s', async (_what, more, message) => {
    const { status, body } = await asked(validation('object.data.a == "x"', more))
    expect([status, body]).toMatchObject([
      422,
      {
        reason: 'Invalid',
        message: `${denied}${message}`,
        details: { kind: 'configmaps', causes: [{ message: expect.stringContaining(message) as unknown }] },
      },
    ])
  })

  it('let through what they have nothing against, and what nothing binds them to', async () => {
    expect((await asked(validation('object.data.a == "b"'))).status).toBe(201)
    expect((await asked(validation('false'), { policyName: 'another' })).status).toBe(201)
  })

  it('refuse for their reason, warn, or look on', async () => {
    const forbidden = await asked(validation('false', { reason: 'Forbidden' }))
    expect([forbidden.status, forbidden.body.reason]).toEqual([403, 'Forbidden'])
    const warned = await asked(validation('false', { message: 'careful' }), { validationActions: ['Warn', 'Audit'] })
    expect([warned.status, warned.headers['warning']]).toEqual([
      201,
      [`299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': careful"`],
    ])
  })

  it('fail closed, or open', async () => {
    const failing = validation('object.data.zz == "x"')
    expect((await asked(failing)).body.message).toBe(
      `${denied}expression 'object.data.zz == "x"' resulted in error: no such key: zz`,
    )
    expect((await asked({ ...failing, failurePolicy: 'Ignore' })).status).toBe(201)
    const unaudited = { auditAnnotations: [{ key: 'k', valueExpression: 'string(object.data.zz)' }] }
    expect((await asked(unaudited, { validationActions: ['Warn'] })).status).toBe(422)
  })

  it('evaluate their variables once they are looked at', async () => {
    const variables = [
      { name: 'count', expression: 'size(object.data)' },
      { name: 'text', expression: '"n = " + string(variables.count)' },
      { name: 'broken', expression: 'object.data.zz' },
    ]
    const counted = validation('variables.count > 2', { messageExpression: 'variables.text' })
    expect((await asked({ ...counted, variables })).body.message).toBe(`${denied}n = 1`)
    expect((await asked({ ...validation('variables.broken == "x" || true'), variables })).status).toBe(201)
    expect((await asked({ ...validation('variables.broken == "x"'), variables })).body.message).toContain(
      'resulted in error: composited variable "broken" fails to evaluate: no such key: zz',
    )
  })

  it('see the namespace, who asks, and what was there before', async () => {
    for (const expression of [
      'namespaceObject.metadata.name == "default"',
      'authorizer.requestResource.check("create").allowed()',
      'request.operation == "CREATE" && oldObject == null',
      'params == null',
    ])
      expect(
        (await asked({ ...validation(expression), paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } })).status,
        expression,
      ).toBe(201)
    const call = await withPolicy(validation('request.operation != "DELETE" || oldObject.data.a != "b"'))
    await call('POST', path, { body: configMap({ a: 'b' }) })
    expect((await call('DELETE', `${path}/c`)).status).toBe(422)
  })

  it('are asked where their rules, selectors and conditions say so', async () => {
    const passes = async (spec: object, binding: object = {}): Promise<boolean> =>
      (await asked({ ...validation('false'), ...spec }, binding)).status === 201
    const bound = (matchResources: object): object => ({ matchResources })
    expect(await passes({ matchConditions: [{ name: 'c', expression: 'object.data.a == "x"' }] })).toBe(true)
    expect(await passes({}, bound({ namespaceSelector: { matchLabels: { a: 'b' } } }))).toBe(true)
    expect(await passes({}, bound({ objectSelector: { matchLabels: { a: 'b' } } }))).toBe(true)
    expect(await passes({}, bound({ excludeResourceRules: [rule] }))).toBe(true)
    expect(await passes({}, bound({ resourceRules: [{ ...rule, resourceNames: ['d'] }] }))).toBe(true)
    expect(await passes({}, bound({ resourceRules: [{ ...rule, resourceNames: ['c'] }] }))).toBe(false)
  })

  it('choose namespaces by their own labels', async () => {
    const about = { resourceRules: [{ ...rule, resources: ['namespaces'] }] }
    const namespaceSelector = { matchLabels: { strict: 'yes' } }
    const call = await withPolicy({ ...validation('false'), matchConstraints: { ...about, namespaceSelector } })
    const named = (name: string, labels: object): object => ({ metadata: { name, labels } })
    expect((await call('POST', '/api/v1/namespaces', { body: named('free', {}) })).status).toBe(201)
    expect((await call('POST', '/api/v1/namespaces', { body: named('n', { strict: 'yes' }) })).status).toBe(422)
  })

  it('are applied with each of their parameters', async () => {
    const unlabelled = { matchExpressions: [{ key: 'param', operator: 'DoesNotExist' }] }
    const spec = {
      ...validation('params.data.allowed == object.data.a', {
        messageExpression: '"not " + string(params.data.allowed)',
      }),
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: { resourceRules: [rule], objectSelector: unlabelled },
    }
    const call = await withPolicy(spec, {
      paramRef: { selector: { matchLabels: { param: 'yes' } }, parameterNotFoundAction: 'Deny' },
    })
    const message = async (): Promise<string | undefined> =>
      (await call('POST', `${path}?dryRun=All`, { body: configMap({ a: 'b' }) })).body.message
    expect(await message()).toBe(
      `${denied}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    )
    for (const [name, allowed] of [
      ['p1', 'b'],
      ['p2', 'c'],
    ])
      await call('POST', path, { body: configMap({ allowed }, { name, labels: { param: 'yes' } }) })
    expect(await message()).toBe(`${denied}not c`)
  })
})
