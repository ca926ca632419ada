import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, temporary } from '../cli.ts'

/** Every deliberate bug, the check that names it, and the exit code of DESIGN §6. */
const plants = [
  ['mhc-off', 'dead-machine-is-replaced', 4],
  ['mhc-ignores-limit', 'health-check-limit-is-respected', 2],
  ['kcp-double-delete', 'control-plane-goes-one-at-a-time', 2],
  ['orphan-node', 'nothing-is-orphaned', 2],
  ['keep-garbage', 'drain-leaves-nothing', 3],
  ['leak-listener', 'ledger-balances', 3],
  ['no-data', 'nothing was observed', 5],
] as const

interface Verdicts {
  readonly checks: readonly { readonly id: string; readonly verdict: string }[]
}

async function judged(
  mode: string,
  plant: string | undefined,
): Promise<{ code: number | null; stdout: string; failed: string[] }> {
  const out = join(temporary(), 'run')
  const { code, stdout } = await run(
    mode,
    '--profile',
    'quickstart',
    '--seed',
    '7',
    '--out',
    out,
    ...(plant === undefined ? [] : ['--plant', plant]),
  )
  const { checks } = JSON.parse(readFileSync(join(out, 'verdicts.json'), 'utf8')) as Verdicts
  return { code, stdout, failed: checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id) }
}

function expectCaught(
  plant: string,
  check: string,
  exit: number,
  { code, stdout, failed }: Awaited<ReturnType<typeof judged>>,
): void {
  // A machine that is replaced on a busy computer leaves garbage, too: what nobody collects is an orphan, which is worse.
  const isOrphaned = plant === 'keep-garbage' && failed.includes('nothing-is-orphaned')
  expect({ plant, code }).toEqual({ plant, code: isOrphaned ? 2 : exit })
  if (plant === 'no-data') expect(stdout).toContain(check)
  else expect(failed).toContain(check)
}

describe('rehearse', () => {
  it.each(plants)(
    'catches %s by %s',
    async (plant, check, exit) => expectCaught(plant, check, exit, await judged('rehearse', plant)),
    120_000,
  )

  it(
    'passes without a plant',
    async () => expect(await judged('rehearse', undefined)).toMatchObject({ code: 0, failed: [] }),
    120_000,
  )
})

describe('soak', () => {
  it('catches every plant over real sockets, and passes without one', async () => {
    // Each is idle most of the time, so they run beside each other.
    const [clean, ...results] = await Promise.all([
      judged('soak', undefined),
      ...plants.map(([plant]) => judged('soak', plant)),
    ])
    plants.forEach(([plant, check, exit], index) =>
      expectCaught(plant, check, exit, results[index] as Awaited<ReturnType<typeof judged>>),
    )
    expect(clean).toMatchObject({ code: 0, failed: [] })
  }, 400_000)
})
