import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { run, temporary } from './cli.ts'

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)
if (browser === undefined) process.stderr.write('chromium is not installed: the report is not opened in a browser\n')

describe('report', () => {
  it.runIf(browser !== undefined)(
    'opens in a browser without network, draws its plots, and opens with the verdict',
    async () => {
      const directory = join(temporary(), 'run')
      await run('rehearse', '--seed', '7', '--plant', 'orphan-node', '--out', directory)
      const chrome = await chromium.launch({
        executablePath: browser as string,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
      try {
        const page = await chrome.newPage()
        const errors: string[] = []
        const requests: string[] = []
        page.on('pageerror', (error) => errors.push(error.message))
        page.on('request', (request) => requests.push(request.url()))
        await page.goto(`file://${resolve(directory, 'report.html')}`)
        expect(await page.textContent('h1')).toBe('FAIL')
        expect(await page.textContent('.why')).toContain('nothing-is-orphaned: ORPHANED: node')
        expect(await page.locator('.uplot canvas').count()).toBeGreaterThanOrEqual(2)
        expect(await page.locator('.lanes rect.bar').count()).toBeGreaterThan(5)
        expect(await page.textContent('body')).toContain('A deliberate bug was planted')
        expect(errors).toEqual([])
        expect(requests.filter((url) => !url.startsWith('file://'))).toEqual([])
      } finally {
        await chrome.close()
      }
    },
    60_000,
  )

  it('keeps secrets out: no key, token or certificate reaches a run directory', async () => {
    const directory = join(temporary(), 'run')
    await run('rehearse', '--seed', '7', '--out', directory)
    for (const name of ['journal-0000.jsonl', 'run.json', 'verdicts.json', 'report.html']) {
      expect(readFileSync(join(directory, name), 'utf8')).not.toMatch(
        /PRIVATE KEY|client-key-data|Bearer |kind: Config/,
      )
    }
  }, 60_000)
})
