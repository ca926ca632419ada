/** `capstorm report`: everything that derives from a run directory, derived again. */
import { summaryText } from '../soak/report/summary.ts'
import { deriveReports, readRunFacts, requireRunDirectory } from './run-directory.ts'

export function rerender(given: string): number {
  const directory = requireRunDirectory(given)
  const facts = readRunFacts(directory)
  const judgement = deriveReports(directory, facts)
  process.stdout.write(summaryText(facts, judgement, given))
  return judgement.exitCode
}
