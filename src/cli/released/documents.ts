/** Published YAML: files and folders of Kubernetes objects, as `kubectl apply -f` would read them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LineCounter, parseAllDocuments } from 'yaml'
import { UsageError } from '../../base/usage-error.ts'
import { isRecord, type KubeObject } from '../../kube/object.ts'

/** Every object in a file, or in the YAML and JSON files of a folder; `flag` is what the user gave it with. */
export function readObjects(path: string, flag: string): KubeObject[] {
  return filesOf(path, flag).flatMap((file) => {
    const lines = new LineCounter()
    const documents = parseAllDocuments(read(file, flag), { lineCounter: lines, prettyErrors: false })
    if (!Array.isArray(documents)) return []
    return documents.flatMap((document) => {
      const [error] = document.errors
      if (error !== undefined) {
        const { line, col } = lines.linePos(error.pos[0])
        throw new UsageError(`${file}:${line}:${col}: not YAML: ${error.message}`)
      }
      const value = document.toJS() as unknown
      if (!isRecord(value)) return []
      return value['kind'] === 'List' && Array.isArray(value['items'])
        ? (value['items'] as KubeObject[])
        : [value as unknown as KubeObject]
    })
  })
}

function filesOf(path: string, flag: string): string[] {
  const whole = resolve(path)
  try {
    if (!statSync(whole).isDirectory()) return [whole]
    return readdirSync(whole)
      .filter((name) => /\.(ya?ml|json)$/.test(name))
      .sort()
      .map((name) => join(whole, name))
  } catch (cause) {
    throw unreadable(whole, flag, cause)
  }
}

function read(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, flag, cause)
  }
}

const unreadable = (path: string, flag: string, cause: unknown): UsageError =>
  new UsageError(
    `${path}: cannot be read: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file or folder' : (cause as Error).message}; give another one with ${flag}`,
    { cause },
  )
