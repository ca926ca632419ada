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

/** A serving certificate for an address that only this machine reaches. */
export const issueLoopback = (pki: Pki, authority: KeyPair, name: string): Promise<KeyPair> =>
  pki.issueServer(authority, name, { dns: ['localhost'], ips: ['127.0.0.1', '::1'] })

export async function managementIdentity(pki: Pki, data: string | undefined): Promise<ManagementIdentity> {
  const file = data === undefined ? undefined : join(data, 'identity.json')
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ManagementIdentity
  const authority = await pki.createAuthority('capstorm-management')
  const identity = {
    authority,
    serving: await issueLoopback(pki, authority, 'kube-apiserver'),
    admin: await pki.issueClient(authority, 'capstorm-admin', ['system:masters']),
  }
  if (file !== undefined) writePrivate(file, JSON.stringify(identity))
  return identity
}
