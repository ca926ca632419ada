/** The volumes of a pod. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, ValidateVolumes. */
import { isRecord } from '../../kube/object.ts'
import { duplicate, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { withFieldVersion } from './field-reference.ts'
import { initiatorTextCauses, retiredDefaults } from './retired-volume-sources.ts'
import { secondSource, volumeSources } from './volume-sources.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const withMode = (source: Json): Json => ({ defaultMode: 420, ...source })

const withFieldVersions = (source: Json): Json =>
  Array.isArray(source['items']) ? { ...source, items: source['items'].map(withFieldVersion) } : source

function withProjectedDefaults(source: Json): Json {
  const { sources } = source
  if (!Array.isArray(sources)) return withMode(source)
  const projected = sources.map((each: Json) => ({
    ...each,
    ...(isRecord(each['downwardAPI']) ? { downwardAPI: withFieldVersions(each['downwardAPI']) } : {}),
    ...(isRecord(each['serviceAccountToken'])
      ? { serviceAccountToken: { expirationSeconds: 3600, ...each['serviceAccountToken'] } }
      : {}),
  }))
  return withMode({ ...source, sources: projected })
}

/** With what absent and empty fields stand for. */
export const filled =
  (fields: Json) =>
  (source: Json): Json => ({
    ...source,
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => (source[name] ?? '') === '')),
  })

const defaults: Readonly<Record<string, (source: Json) => Json>> = {
  secret: withMode,
  configMap: withMode,
  downwardAPI: (source) => withMode(withFieldVersions(source)),
  projected: withProjectedDefaults,
  hostPath: (source) => ({ type: '', ...source }),
  ...Object.fromEntries(Object.entries(retiredDefaults).map(([name, fields]) => [name, filled(fields)])),
}

/** Without a source it is an empty directory. */
export function withVolumeDefaults(volume: Json): Json {
  if (!Object.entries(volume).some(([name, source]) => name !== 'name' && isRecord(source)))
    return { ...volume, emptyDir: {} }
  return Object.fromEntries(
    Object.entries(volume).map(([name, source]) => {
      const change = defaults[name]
      return [name, change !== undefined && isRecord(source) ? change(source) : source]
    }),
  )
}

/** The names of volumes that are sound: no other can be mounted. */
export const soundVolumes = (volumes: readonly Json[], at: string): unknown[] =>
  volumes
    .filter((volume, index) => volumeCauses(volume, volumes, index, `${at}[${index}]`).length === 0)
    .map(({ name }) => name)

export const volumesCauses = (volumes: readonly Json[], at: string): Cause[] =>
  volumes.flatMap((volume, index) => volumeCauses(volume, volumes, index, `${at}[${index}]`))

function volumeCauses({ name, ...volume }: Json, all: readonly Json[], index: number, at: string): Cause[] {
  const named = name as string | undefined
  const sourced = [
    ...sourceCauses(volume, at),
    ...initiatorTextCauses(volume['iscsi'], named ?? '', `${at}.name`, named ?? ''),
  ]
  if (name === undefined || name === '') return [...sourced, required(`${at}.name`)]
  const wrong = spelled(`${at}.name`, name as string, labelProblems)
  const again = all.slice(0, index).some((other) => other['name'] === name)
  return [...sourced, ...wrong, ...(again && wrong.length === 0 ? [duplicate(`${at}.name`, name)] : [])]
}

function sourceCauses(volume: Json, at: string): Cause[] {
  const given = [...volumeSources.keys()].filter((name) => isRecord(volume[name]))
  // The first is what it is.
  return given.flatMap((name, index) =>
    index > 0 ? [secondSource(at, name)] : (volumeSources.get(name)?.(volume[name] as Json, `${at}.${name}`) ?? []),
  )
}
