/** The admin API of a process that stays, and `control.json`, by which other processes find it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../base/usage-error.ts'
import { engineControl } from '../faults/control.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import type { FeedJournal } from '../journal/feed.ts'
import type { Handler } from '../kube/handler.ts'
import type { KeyPair } from '../kube/pki.ts'
import { adminApi } from '../proxy/admin-api.ts'
import type { ProxyServer } from '../proxy/server.ts'
import { anyFreePort } from './endpoints.ts'
import { issueLoopback } from './identity.ts'
import { writePrivate } from './private-file.ts'
import type { Site } from './site.ts'

const controlSchema = z.object({ url: z.url(), token: z.string().min(1), ca: z.string().min(1) })

/** Where an admin API is, and what opens it. */
export type ControlFile = z.output<typeof controlSchema>

/** The name that the admin API's listener has in the proxy's books; no fault can be pointed at it. */
export const controlEndpoint = 'control'

/** Serves the admin API until disposed, and says where in `DIR/control.json` (0600). */
export async function openControl(
  site: Site,
  management: Handler | undefined,
  feed: FeedJournal,
  authority: KeyPair,
  directory: string,
): Promise<AsyncDisposable> {
  const host = '127.0.0.1'
  const port = await anyFreePort()
  const token = randomBytes(24).toString('base64url')
  const handler = adminApi({
    token,
    control: engineControl(site.engine),
    infrastructure: site.dataCenter,
    feed,
    totals: site.totals,
    ledger: () => site.ledger(),
    inside: (cluster) => (cluster === managementCluster ? management : site.dataCenter.cluster(cluster)?.handler),
  })
  const listener = await (site.proxy as ProxyServer).listen({
    endpoint: { cluster: controlEndpoint, handler },
    host,
    port,
    serving: await issueLoopback(site.pki, authority, 'capstorm-control'),
    clientCa: authority.cert,
  })
  const path = join(directory, 'control.json')
  writePrivate(path, `${JSON.stringify({ url: `https://${host}:${port}`, token, ca: authority.cert }, null, 2)}\n`)
  return {
    async [Symbol.asyncDispose]() {
      rmSync(path, { force: true })
      await listener.close()
    },
  }
}

/** Reads a control file that a running `up`, `provider` or `proxy` wrote. */
export function readControl(file: string): ControlFile {
  const path = resolve(file)
  try {
    return controlSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new UsageError(
      `${path}: ${missing ? 'there is no such file' : 'is not a control file'}; it is written beside the kubeconfigs by capstorm up, provider and proxy while they run; give it with --control`,
      { cause },
    )
  }
}
