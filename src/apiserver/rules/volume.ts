/** The volumes of a pod. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, ValidateVolumes. */
import { isRecord } from '../../kube/object.ts'
import { duplicate, forbiddenValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'

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
  return volumes.flatMap(({ name, ...rest }, index) => {
    const path = `${at}[${index}].name`
    const sourced = sourceCauses(rest, `${at}[${index}]`)
    if (name === undefined || name === '') return [...sourced, required(path)]
    const again = names.has(name)
    names.add(name)
    return [...sourced, ...spelled(path, name as string, labelProblems), ...(again ? [duplicate(path, name)] : [])]
  })
}

/** What a source has to name. */
const needs: Readonly<Record<string, string>> = {
  hostPath: 'path',
  secret: 'secretName',
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
}

/** In the order in which the real server looks at them. */
const order = ['emptyDir', 'hostPath', 'secret', 'nfs', 'persistentVolumeClaim', 'configMap', 'projected', 'csi']

function sourceCauses(volume: Json, at: string): Required<StatusCause>[] {
  const given = order.filter((name) => isRecord(volume[name]))
  return given.flatMap((name, index) => {
    if (index > 0) return [forbiddenValue(`${at}.${name}`, 'may not specify more than 1 volume type')]
    const need = needs[name]
    return need === undefined || (volume[name] as Json)[need] ? [] : [required(`${at}.${name}.${need}`)]
  })
}
