import { describe, expect, it } from 'vitest'
import { readReview, type ReviewKind } from './webhook-answer.ts'

const kind: ReviewKind = { group: 'admission.k8s.io', kind: 'AdmissionReview', type: 'admission-v1.AdmissionReview' }
const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }

const read = (body: unknown, status = 200, type = 'application/json', version = 'v1'): unknown => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  try {
    return readReview({ status, type, body: Buffer.from(text) }, kind, version)
  } catch (error) {
    return (error as Error).message
  }
}

describe('what a webhook answers', () => {
  it('is a review, in JSON or YAML, of the version that it was asked in', () => {
    const response = { uid: 'u', allowed: true }
    expect(read({ ...review, response })).toEqual({ ...review, response })
    expect(read('apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nresponse: {allowed: true}')).toMatchObject({
      response: { allowed: true },
    })
    expect(read({ ...review, response }, 200, 'text/html')).toMatchObject({ response })
    expect(read({ ...review, response }, 200, '', 'v1beta1')).toBe(
      'converting (v1.AdmissionReview) to (v1beta1.AdmissionReview): unknown conversion',
    )
    expect(read({ response })).toEqual({ apiVersion: '', kind: '', response })
    expect(read('null')).toEqual({ apiVersion: '', kind: '', response: undefined })
  })

  it.each([
    ['', '0-length response with status code: 200 and content type: application/json'],
    ['[]', "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value"],
    ['{"a"', "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    [{ ...review, kind: 'Pod' }, 'no kind "Pod" is registered for version "admission.k8s.io/v1" in scheme'],
    [{ ...review, apiVersion: 'a/b/c' }, 'unexpected GroupVersion string: a/b/c'],
    [
      { ...review, response: { allowed: 'yes' } },
      'json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool',
    ],
    [{ ...review, response: { patch: '[' } }, 'illegal base64 data at input byte 0'],
    [{ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'no' }, 'no'],
  ])('%j is no review', (body, problem) => expect(String(read(body)).slice(0, problem.length)).toBe(problem))

  it.each([
    [
      500,
      'boom',
      'text/plain; charset=utf-8',
      'an error on the server ("boom") has prevented the request from succeeding',
    ],
    [500, 'boom', '', 'an error on the server ("boom") has prevented the request from succeeding'],
    [502, 'boom', 'application/json', 'an error on the server ("unknown") has prevented the request from succeeding'],
    [403, ' mine ', 'text/plain', 'mine'],
    [403, '', 'application/json', 'unknown'],
    [406, '', 'text/plain', 'the server was unable to respond with a content type that the client supports'],
    [418, 'tea', 'text/plain', 'the server responded with the status code 418 but did not return more information'],
    [404, '{"kind":"Status","status":"Failure","message":"lost"}', 'application/json', 'lost'],
    [
      404,
      '{"kind":"Status","status":"Success"}',
      'application/json',
      'the server could not find the requested resource',
    ],
  ])('%i %j of %j is a refusal', (status, body, type, problem) => expect(read(body, status, type)).toBe(problem))
})
