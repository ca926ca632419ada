/** `capstorm doctor`: says in plain words what is missing or wrong in a set-up. */
import { connect } from 'node:net'
import { RealClock } from '../../base/clock.ts'
import { UsageError } from '../../base/usage-error.ts'
import { Client } from '../../kube/client.ts'
import { networkHandler } from '../../kube/network.ts'
import { exitCodes } from '../../soak/verdict.ts'
import { loadKubeconfig } from '../proxy.ts'
import type { Finding } from './check.ts'
import { checks } from './checks.ts'

const patienceMs = 2_000

/** Exit code 1 where something is wrong; what is doubtful does not count. */
export async function doctor(kubeconfig: string, json: boolean): Promise<number> {
  const facts = loadKubeconfig(kubeconfig)
  const clock = new RealClock()
  await using network = networkHandler({ ...facts, clock })
  const client = new Client({ handler: network.handler, clock, userAgent: 'capstorm-doctor' })
  await client.raw('/version').catch((cause: unknown) => {
    throw new UsageError(
      `${kubeconfig}: ${facts.server} does not answer: ${(cause as Error).message}; check that it runs and that the kubeconfig is its`,
      { cause },
    )
  })
  const findings: Finding[] = []
  for (const check of checks) findings.push(...(await check({ client, clock, reaches })))
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(textOf).join(''))
  return findings.some(({ level }) => level === 'wrong') ? exitCodes.threshold : exitCodes.pass
}

const marks = { ok: '✓', doubtful: '?', wrong: '✗' } as const

const textOf = ({ level, what, advice }: Finding): string =>
  `${marks[level]} ${what}\n${advice === undefined ? '' : `    ${advice}\n`}`

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs })
    const done = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', () => done(true))
    socket.once('timeout', () => done(false))
    socket.once('error', () => done(false))
  })
}
