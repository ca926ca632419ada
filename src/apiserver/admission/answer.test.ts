import { describe, expect, it } from 'vitest'
import { admissionAnswer, denied, patchOf } from './answer.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const answered = (response: object, mutating = true, version = 'v1', said: object = {}): unknown => {
  const review = { apiVersion: `admission.k8s.io/${version}`, kind: 'AdmissionReview', response, ...said }
  const answer = { status: 200, type: 'application/json', body: Buffer.from(JSON.stringify(review)) }
  try {
    return patchOf(admissionAnswer(answer, version, 'u', mutating))
  } catch (error) {
    return (error as Error).message
  }
}

const labels = [{ op: 'add', path: '/metadata/labels', value: {} }]
const invalid = 'received invalid webhook response: '
const undecodable = 'received undecodable patch in webhook response: '

describe('the answer of an admission webhook', () => {
  it.each([
    [{ uid: 'u' }, []],
    [{ uid: 'u', patchType: 'JSONPatch', patch: base64(JSON.stringify(labels)) }, labels],
    [{ uid: 'u', patchType: 'JSONPatch', patch: [...Buffer.from('[]')] }, []],
    [{ uid: 'u', patchType: 'JSONPatch', patch: base64('null') }, []],
    [{}, `${invalid}expected response.uid="u", got ""`],
    [{ uid: 'u', patch: base64('[]') }, `${invalid}webhook returned response.patch but not response.patchType`],
    [{ uid: 'u', patchType: 'JSONPatch' }, `${invalid}webhook returned response.patchType but not response.patch`],
    [{ uid: 'u', patchType: '', patch: base64('[]') }, `${invalid}webhook returned invalid response.patchType of ""`],
    [{ uid: 'u', patchType: 'Merge', patch: base64(JSON.stringify(labels)) }, 'unsupported patch type "Merge"'],
    [
      { uid: 'u', patchType: 'JSONPatch', patch: base64('{}') },
      `${undecodable}json: cannot unmarshal object into Go value of type jsonpatch.Patch`,
    ],
    [
      { uid: 'u', patchType: 'JSONPatch', patch: base64('\u0001') },
      `${undecodable}invalid character '\\x01' looking for beginning of value`,
    ],
  ])('%j', (response, result) => expect(answered(response)).toEqual(result))

  it('has no patch where it only validates', () => {
    expect(answered({ uid: 'u', patch: base64('[]') }, false)).toBe(
      `${invalid}validating webhook may not return response.patch`,
    )
    expect(answered({ uid: 'u', patchType: '' }, false)).toBe(
      `${invalid}validating webhook may not return response.patchType`,
    )
  })

  it('says what it is since v1; before, nobody looked', () => {
    const silent = { apiVersion: '', kind: '' }
    const expected = 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind='
    expect(answered({ uid: 'u' }, true, 'v1', silent)).toBe(`${invalid}${expected}`)
    expect(answered({ uid: 'x' }, true, 'v1beta1', silent)).toEqual([])
    expect(answered({ patch: base64(JSON.stringify(labels)) }, true, 'v1beta1')).toEqual(labels)
    expect(answered({ patch: base64('?') }, false, 'v1beta1')).toEqual([])
  })

  it('denies with a status that is a failure', () => {
    const { status } = denied('w', { status: 'Success', code: 200, metadata: { resourceVersion: '5' } })
    expect(status).toMatchObject({ status: 'Failure', code: 400, metadata: { resourceVersion: '5' } })
    expect(denied('w', { code: 700, reason: 'Why' }).status).toMatchObject({
      code: 700,
      message: 'admission webhook "w" denied the request: Why',
    })
  })
})
