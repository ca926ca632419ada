import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name))

/** Spelling that is not allowed, where, and what to use instead. */
const banned: readonly { readonly pattern: RegExp; readonly instead: string; readonly except: RegExp }[] = [
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    instead: 'the Clock that was passed in',
    except: /^src\/(base|cli)\//,
  },
  { pattern: /\bset(Timeout|Interval)\(/, instead: 'clock.after or sleep(clock, …)', except: /^src\/(base|cli)\// },
  { pattern: /\bMath\.random\(/, instead: 'a keyed draw of Random', except: /^src\/(base|cli)\// },
  { pattern: /\bconsole\./, instead: 'the Log that was passed in', except: /^src\/(base|cli)\// },
  { pattern: /\bprocess\.env\b/, instead: 'a flag or a parameter', except: /^src\/(base|cli)\// },
  { pattern: /\b(TODO|FIXME|XXX)\b/, instead: 'finishing it', except: /^$/ },
  { pattern: /^export \*/m, instead: 'naming what is exported', except: /^$/ },
  { pattern: /\b(it|describe|test)\.(only|skip)\(/, instead: 'running the test', except: /^$/ },
  { pattern: /\bas any\b|: any\b(?! free)/, instead: 'unknown, or a type', except: /^$/ },
]

describe('tidy', () => {
  it.each(banned.map((rule) => [rule.pattern.source, rule] as const))('%s', (_name, { pattern, instead, except }) => {
    const found = sources
      .filter((file) => !except.test(file))
      .flatMap((file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .flatMap((line, index) =>
            pattern.test(line) ? [`${file}:${index + 1}: use ${instead}: ${line.trim()}`] : [],
          ),
      )
    expect(found).toEqual([])
  })

  it('keeps every file to one subject: 400 lines at most', () => {
    const long = sources
      .filter((file) => !file.endsWith('.test.ts') && !readFileSync(file, 'utf8').startsWith('/** Generated'))
      .map((file) => [file, readFileSync(file, 'utf8').split('\n').length] as const)
    expect(
      long
        .filter(([, lines]) => lines > 400)
        .map(([file, lines]) => `${file} has ${lines} lines; look for a second subject`),
    ).toEqual([])
  })

  it('opens every module file with why it is there', () => {
    const silent = sources
      .filter((file) => !/\.test\.ts$|resources\/|kinds\/|scenarios\/|invariants\//.test(file))
      .filter(
        (file) =>
          !/^(\/\*\*|import)/.test(readFileSync(file, 'utf8')) ||
          !readFileSync(file, 'utf8').slice(0, 2_500).includes('/**'),
      )
    expect(silent).toEqual([])
  })

  it('ships plans and profiles that the documentation names', () => {
    for (const name of readdirSync('faultplans').filter((file) => file.endsWith('.yaml')))
      expect(
        existsSync(join('faultplans', name.replace('.yaml', '.timeline.txt'))),
        `${name} has no golden timeline; run npm run golden`,
      ).toBe(true)
  })

  it('loads everything in plain Node, without a build', () => {
    const help = execFileSync(process.execPath, ['bin/capstorm.js', '--help'], { encoding: 'utf8' })
    for (const verb of ['soak', 'rehearse', 'up', 'proxy', 'plan', 'report']) expect(help).toContain(verb)
  })

  it('documents every metric that it serves', () => {
    const served = [...readFileSync('src/cli/metrics.ts', 'utf8').matchAll(/'(capstorm_[a-z_]+)'/g)].map(
      (match) => match[1] as string,
    )
    const text = readFileSync('docs/metrics.md', 'utf8')
    const documented = [...text.matchAll(/`(capstorm_[a-z_]+)`/g)].map((match) => match[1] as string)
    expect(served.length).toBeGreaterThan(8)
    expect([...new Set(documented)].sort()).toEqual([...new Set(served)].sort())
  })

  it('documents every fault that there is', async () => {
    const { faultNames } = await import('../src/faults/catalogue.ts')
    const documented = [...readFileSync('docs/faults.md', 'utf8').matchAll(/^\| `([a-zA-Z.]+)` \|/gm)].map(
      (match) => match[1] as string,
    )
    expect(documented.sort()).toEqual([...faultNames].sort())
  })
})
