/** `capstorm soak --cleanup`: heals every fault and deletes what soaks of a profile have left. */
import { RealClock } from '../base/clock.ts'
import { loadProfile } from '../soak/profile.ts'
import type { AgainstFacts } from '../soak/report/model.ts'
import { exitCodes } from '../soak/verdict.ts'
import { cleanUp } from './released/cleanup.ts'
import { connectTo } from './released/soak-world.ts'
import { findProfile } from './soak.ts'

export async function soakCleanUp(given: string, against: AgainstFacts): Promise<number> {
  const profile = loadProfile(findProfile(given))
  const clock = new RealClock()
  await using connection = await connectTo(against, clock)
  await connection.admin.post('/v1/reset')
  const left = await cleanUp(connection.management, profile, clock, profile.phases.drain.within)
  if (left.length === 0) {
    process.stdout.write(`nothing of profile ${profile.name} is left in namespace ${profile.fleet.namespace}\n`)
    return exitCodes.pass
  }
  process.stdout.write(`still there after the drain's time: ${left.join(', ')}\n`)
  return exitCodes.timeout
}
