/** The volumes of a pod. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, ValidateVolumes. */
import { isRecord } from '../../kube/object.ts'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'

type Json = Record<string, unknown>

const withMode = (source: Json): Json => ({ defaultMode: 420, ...source })

const sources: Readonly<Record<string, (source: Json) => Json>> = {
  secret: withMode,
  configMap: withMode,
  downwardAPI: withMode,
  projected: withMode,
  hostPath: (source) => ({ type: '', ...source }),
}

/** Without a source it is an empty directory. */
export function withVolumeDefaults(volume: Json): Json {
  if (!Object.entries(volume).some(([name, source]) => name !== 'name' && isRecord(source)))
    return { ...volume, emptyDir: {} }
  return Object.fromEntries(
    Object.entries(volume).map(([name, source]) => {
      const change = sources[name]
      return [name, change !== undefined && isRecord(source) ? change(source) : source]
    }),
  )
}

export function volumeCauses(volumes: readonly Json[], at: string): Required<StatusCause>[] {
  const names = new Set<unknown>()
  return volumes.flatMap(({ name }, index) => {
    const path = `${at}[${index}].name`
    if (name === undefined || name === '') return [required(path)]
    const again = names.has(name)
    names.add(name)
    return [
      ...labelProblems(name as string).map((problem) => invalidValue(path, name, problem)),
      ...(again ? [duplicate(path, name)] : []),
    ]
  })
}
