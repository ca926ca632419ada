/** etcd's members on disk, beside the cluster's objects: a file that is replaced whole, at each of the rare changes. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../../base/replace-file.ts'
import type { EtcdState } from './etcd-cluster.ts'

export class EtcdFile {
  readonly #path: string

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#path = join(directory, 'etcd.json')
  }

  read(): EtcdState | undefined {
    try {
      return JSON.parse(readFileSync(this.#path, 'utf8')) as EtcdState
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  write(state: EtcdState): void {
    replaceFile(this.#path, JSON.stringify(state))
  }
}
