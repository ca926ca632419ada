/** The text that ends a run: the verdict first, then why, then where to look. */
import { formatDuration } from '../../base/units.ts'
import type { Judgement } from '../judge.ts'
import type { CheckResult, Verdict } from '../verdict.ts'
import type { RunFacts } from './model.ts'

const marks: Readonly<Record<Verdict, string>> = { pass: '✓', fail: '✗', inconclusive: '?', invalid: '∅' }

export function headline({ verdict, reason, exitCode, checks }: Judgement): string {
  const why = deciding(checks, verdict)
  const ending = reason === 'completed' ? '' : ` (${reason})`
  return `${verdict.toUpperCase()}${ending}${why === undefined ? '' : `: ${why}`} [exit ${exitCode}]`
}

function deciding(checks: readonly CheckResult[], verdict: Verdict): string | undefined {
  const check = checks.find((each) => each.required && each.verdict === verdict && verdict !== 'pass')
  if (check === undefined) return undefined
  const finding = check.findings.find((each) => each.verdict === verdict)
  return `${check.id}: ${finding?.summary ?? 'nothing was observed'}`
}

export function summaryText(run: RunFacts, judgement: Judgement, directory: string): string {
  const lines = [headline(judgement), '']
  for (const check of judgement.checks) {
    lines.push(
      `  ${marks[check.verdict]} ${check.id.padEnd(38)} ${check.required ? '' : '(report only) '}${check.verdict === 'pass' ? `${check.checked} checked` : (check.findings[0]?.summary ?? 'nothing was observed')}`,
    )
    for (const finding of check.findings.slice(1, 4)) lines.push(`      ${finding.summary}`)
    if (check.findings.length > 4) lines.push(`      and ${check.findings.length - 4} more`)
  }
  if (judgement.recovery.length > 0) {
    lines.push('', '  recovery after the heal'.padEnd(42) + 'recovered   median      p95   bound')
    for (const row of judgement.recovery) {
      lines.push(
        `    ${row.kind.padEnd(36)}  ${`${row.recovered}/${row.count}`.padStart(9)}  ${time(row.medianMs)}  ${time(row.p95Ms)} ${time(row.boundMs)}`,
      )
    }
  }
  lines.push(
    '',
    `  ${formatDuration(judgement.durationMs)}, ${judgement.entries} journal entries in ${directory}`,
    `  report: ${directory}/report.html`,
    `  again:  ${run.reproduce}`,
    '',
  )
  return lines.join('\n')
}

const time = (ms: number | undefined): string => (ms === undefined ? '–' : formatDuration(Math.max(0, ms))).padStart(7)
