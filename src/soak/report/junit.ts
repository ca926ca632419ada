/** JUnit XML for CI systems: one suite an area, one case a check, the exit class as the failure's type. */
import type { Judgement } from '../judge.ts'
import type { CheckResult } from '../verdict.ts'
import type { RunFacts } from './model.ts'

export function junitXml(run: RunFacts, judgement: Judgement): string {
  const areas = [...new Set(judgement.checks.map((check) => check.area))]
  const suites = areas.map((area) => {
    const checks = judgement.checks.filter((check) => check.area === area)
    const count = (verdicts: readonly string[]): number =>
      checks.filter((check) => check.required && verdicts.includes(check.verdict)).length
    const skipped = checks.filter((check) => !check.required && check.verdict !== 'pass').length
    const cases = checks.map((check) => testCase(run, check)).join('\n')
    return `  <testsuite name="${escape(area)}" tests="${checks.length}" failures="${count(['fail'])}" errors="${count(['invalid', 'inconclusive'])}" skipped="${skipped}" time="${(judgement.durationMs / 1000).toFixed(3)}">\n${cases}\n  </testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="capstorm ${escape(run.profile)}">\n${suites.join('\n')}\n</testsuites>\n`
}

function testCase(run: RunFacts, check: CheckResult): string {
  const head = `    <testcase classname="capstorm.${escape(run.profile)}.${escape(check.area)}" name="${escape(check.id)}"`
  if (check.verdict === 'pass') return `${head}/>`
  const message = escape(check.findings[0]?.summary ?? 'nothing was observed')
  const all = escape([check.claim, ...check.findings.map((finding) => finding.summary)].join('\n'))
  if (!check.required) return `${head}>\n      <skipped message="${message}"/>\n    </testcase>`
  const tag = check.verdict === 'fail' ? 'failure' : 'error'
  const type = check.verdict === 'fail' ? check.failureClass : check.verdict
  return `${head}>\n      <${tag} type="${type}" message="${message}">${all}</${tag}>\n      <system-out>${escape(run.reproduce)}\n[[ATTACHMENT|report.html]]</system-out>\n    </testcase>`
}

const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // eslint-disable-next-line no-control-regex -- XML 1.0 has no way to write these
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
