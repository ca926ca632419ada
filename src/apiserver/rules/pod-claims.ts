/** Claims of devices that a pod has, and the containers that use them. Source: k8s.io/kubernetes/pkg/apis/core/validation. */
import { duplicate, invalidValue, notFoundValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { goShape } from './go-diff.ts'

type Cause = Required<StatusCause>
type Json = Record<string, unknown>

const textOf = (value: unknown): string => (value as string | undefined) ?? ''

/** Those that containers may name. */
export const claimNames = (claims: readonly Json[]): readonly string[] =>
  [...new Set(claims.map(({ name }) => textOf(name)))].filter((name) => name !== '')

const sources = ['resourceClaimName', 'resourceClaimTemplateName'] as const

/** Source: validatePodResourceClaims. */
export const podClaimsCauses = (claims: readonly Json[], at: string): Cause[] =>
  claims.flatMap((claim, index) => {
    const path = `${at}[${index}]`
    const name = textOf(claim['name'])
    const again = claims.slice(0, index).some((other) => other['name'] === name)
    const given = sources.filter((source) => claim[source] !== undefined)
    const choice =
      given.length > 1
        ? 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
        : 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'
    return [
      ...(name === ''
        ? [required(`${path}.name`)]
        : again
          ? [duplicate(`${path}.name`, name)]
          : spelled(`${path}.name`, name, labelProblems)),
      ...(given.length === 1 ? [] : [invalidValue(path, goShape('core-v1.PodResourceClaim', claim), choice)]),
      ...given.flatMap((source) => spelled(`${path}.${source}`, textOf(claim[source]), subdomainProblems)),
    ]
  })

/** Claims, or requests of them, that one container uses: each once. Source: validateResourceClaimNames. */
export function usedClaimCauses(used: readonly Json[], names: readonly string[], at: string): Cause[] {
  const taken = new Set<string>()
  const known = names.length === 0 ? ' which is empty' : `: ${[...names].sort().join(', ')}`
  return used.flatMap((claim, index) => {
    const path = `${at}[${index}]`
    const [name, request] = [textOf(claim['name']), textOf(claim['request'])]
    if (name === '') return [required(path)]
    const key = request === '' ? name : `${name}/${request}`
    const overlaps = taken.has(name) || taken.has(key)
    const within = request === '' && !overlaps ? [...taken].filter((other) => other.startsWith(`${name}/`)) : []
    const causes = [
      ...(request === '' || taken.has(name) ? [] : spelled(`${path}.request`, request, labelProblems)),
      ...(overlaps ? [duplicate(path, taken.has(name) ? name : key)] : within.map(() => duplicate(path, name))),
    ]
    taken.add(key)
    if (names.includes(name)) return causes
    const missing = notFoundValue(path, name)
    return [
      ...causes,
      { ...missing, message: `${missing.message}: must be one of the names in pod.spec.resourceClaims${known}` },
    ]
  })
}
