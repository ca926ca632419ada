/**
 * Two journals of one scenario: released controllers over sockets, the reference controllers in a rehearsal. Exits 1 when
 * they tell different stories.
 *
 *     node interop/compare.ts RELEASED-RUN REFERENCE-RUN
 */
import { readJournal } from '../src/journal/journal.ts'

/** Facts whose words a user reads. */
const words = ['available', 'availability', 'healthy', 'phase', 'ready', 'remediated', 'unhealthyBecause', 'upToDate']
const phases = ['', 'Pending', 'Provisioning', 'Provisioned', 'Running', 'Deleting']
/** Words that only the released controllers show: states that pass between two reconciles (docs/fidelity.md). */
const passing = ['Machine phase Pending', 'Machine phase Provisioned', 'Machine unhealthyBecause NodeDeleted']

interface Story {
  readonly words: ReadonlySet<string>
  readonly machines: Readonly<Record<string, number>>
  /** Median milliseconds from a machine's creation to its phase Running. */
  readonly running: Readonly<Record<string, number>>
  readonly backwards: readonly string[]
}

function tell(run: string): Story {
  const said = new Set<string>()
  const lives = new Map<string, { role: string; added: number; phase: string }>()
  const times: Record<string, number[]> = {}
  const backwards: string[] = []
  for (const { at, event } of readJournal(run)) {
    if (event.type !== 'object.changed') continue
    const { ref, facts, change } = event
    for (const word of words) {
      const value = facts[word]
      // Whether anybody sees Unknown is a matter of the moment.
      if (typeof value === 'string' && value !== '' && value !== 'Unknown') said.add(`${ref.kind} ${word} ${value}`)
    }
    if (ref.kind !== 'Machine') continue
    const phase = facts['phase'] as string
    const life = lives.get(ref.uid) ?? { role: facts['role'] as string, added: at, phase }
    lives.set(ref.uid, life)
    if (phases.indexOf(phase) < phases.indexOf(life.phase)) backwards.push(`${ref.name}: ${life.phase} → ${phase}`)
    if (phase === 'Running' && life.phase !== phase) (times[life.role] ??= []).push(at - life.added)
    if (change !== 'deleted') life.phase = phase
  }
  const machines: Record<string, number> = {}
  for (const { role } of lives.values()) machines[role] = (machines[role] ?? 0) + 1
  const running = Object.entries(times).map(([role, all]) => [role, all.sort((a, b) => a - b)[all.length >> 1] ?? 0])
  return { words: said, machines, running: Object.fromEntries(running) as Record<string, number>, backwards }
}

const [released = '', reference = ''] = process.argv.slice(2)
const [theirs, ours] = [tell(released), tell(reference)]
const differences = [
  ...[...theirs.backwards, ...ours.backwards].map((step) => `a machine went back: ${step}`),
  ...[...theirs.words]
    .filter((word) => !ours.words.has(word) && !passing.includes(word))
    .map((word) => `only released controllers say: ${word}`),
  ...[...ours.words].filter((word) => !theirs.words.has(word)).map((word) => `only the reference says: ${word}`),
]
for (const role of ['control-plane', 'worker']) {
  const [a = 0, b = 0] = [theirs.machines[role], ours.machines[role]]
  // Some machines more are those that a fault hit at another moment.
  if (a === 0 || b === 0 || Math.abs(a - b) > Math.max(a, b) / 4)
    differences.push(`${role} machines created: ${a} released, ${b} reference`)
  const ratio = (theirs.running[role] ?? 0) / (ours.running[role] ?? 0)
  // The released ones have been 1.2 and 2.6 times as long on two cores; a busy machine adds to that.
  if (!(ratio > 0.2 && ratio < 6))
    differences.push(`${role} machines run after ${theirs.running[role]} and ${ours.running[role]} ms`)
}
process.stdout.write(
  `machines ${JSON.stringify(theirs.machines)} and ${JSON.stringify(ours.machines)}; to Running (ms) ${JSON.stringify(theirs.running)} and ${JSON.stringify(ours.running)}\n`,
)
for (const difference of differences) process.stdout.write(`${difference}\n`)
process.exitCode = differences.length === 0 ? 0 : 1
