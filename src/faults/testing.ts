/** An engine in front of an API server without sockets, for tests beside the code. */
import { keyedRandom } from '../base/random.ts'
import type { SimClock } from '../base/sim-clock.ts'
import { MemoryJournal } from '../journal/journal.ts'
import { faultKind } from './catalogue.ts'
import { FaultEngine, type Incident } from './engine.ts'
import type { FaultKind } from './fault-kind.ts'

export function testEngine(clock: SimClock): { engine: FaultEngine; journal: MemoryJournal } {
  const journal = new MemoryJournal(clock)
  return {
    journal,
    engine: new FaultEngine({ clock, random: keyedRandom(1), journal, strikeMachines: () => () => {} }),
  }
}

export function incident(name: string, spec: object = {}, extra: Partial<Incident> = {}): Incident {
  const kind = faultKind(name) as FaultKind
  return {
    id: `${name} 1`,
    fault: name,
    kind,
    spec: kind.schema.parse(spec),
    clusters: ['c'],
    machines: [],
    matches: () => true,
    streams: 'both',
    sample: undefined,
    priority: 0,
    lease: 60_000,
    ...extra,
  }
}
