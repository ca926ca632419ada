/** The management cluster's certificates. Kept with its data, so that clients of an earlier process still trust this one. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyPair, Pki } from '../kube/pki.ts'
import { writePrivate } from './private-file.ts'

export interface ManagementIdentity {
  readonly authority: KeyPair
  readonly serving: KeyPair
  readonly admin: KeyPair
}

export async function managementIdentity(pki: Pki, data: string | undefined): Promise<ManagementIdentity> {
  const file = data === undefined ? undefined : join(data, 'identity.json')
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ManagementIdentity
  const authority = await pki.createAuthority('capstorm-management')
  const names = { dns: ['localhost'], ips: ['127.0.0.1', '::1'] }
  const identity = {
    authority,
    serving: await pki.issueServer(authority, 'kube-apiserver', names),
    admin: await pki.issueClient(authority, 'capstorm-admin', ['system:masters']),
  }
  if (file !== undefined) writePrivate(file, JSON.stringify(identity))
  return identity
}
