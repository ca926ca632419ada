import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { createLog } from './log.ts'

it('never writes secrets, at any of the first three levels', () => {
  const destination = new PassThrough()
  const log = createLog({ level: 'info', pretty: false, destination })
  log.info(
    {
      token: 'S3CRET',
      secret: { data: { value: 'S3CRET' } },
      request: { headers: { authorization: 'S3CRET' } },
      name: 'seen',
    },
    'a line',
  )
  const text = (destination.read() as Buffer).toString()
  expect(text).toContain('seen')
  expect(text).toContain('[redacted]')
  expect(text).not.toContain('S3CRET')
})
