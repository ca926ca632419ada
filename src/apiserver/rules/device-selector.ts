/** Selectors of devices. Source: k8s.io/dynamic-resource-allocation/cel/compile.go. */
import { compile } from '../cel/compile.ts'
import { parseType } from '../cel/overload.ts'
import { bool, dyn, map, string, struct, type Type } from '../cel/types.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'

type Cause = Required<StatusCause>

/** Whatever an attribute is. */
const any: Type = { ...dyn, name: 'any' }
const device = struct(
  'kubernetes.DRADevice',
  new Map([
    ['driver', string],
    ['allowMultipleAllocations', bool],
    ['attributes', map(string, map(string, any))],
    ['capacity', map(string, map(string, parseType('Quantity')))],
  ]),
)
const variables = new Map<string, Type>([['device', device]])

/** The largest sizes: of maps 32, of names 63 and 32, of values 64. */
function sizeOf([variable, ...path]: readonly string[]): number | undefined {
  if (variable !== 'device') return undefined
  const [field, domain, id, ...rest] = path
  if (rest.length > 0) return undefined
  if (field === undefined) return 0
  if (field === 'driver') return domain === undefined ? 63 : undefined
  if (field === 'allowMultipleAllocations') return domain === undefined ? 1 : undefined
  if (field !== 'attributes' && field !== 'capacity') return undefined
  if (domain === undefined) return 32
  if (domain === '@keys') return id === undefined ? 63 : undefined
  if (id === undefined) return 32
  if (id === '@keys') return 32
  return field === 'attributes' ? 64 : 0
}

const costMax = 1_000_000

export function expressionCauses(at: string, expression: string): Cause[] {
  const compiled = compile(expression, variables, sizeOf, true)
  const wrong = (text: string): Cause[] => [invalidValue(at, expression, text)]
  if ('problem' in compiled) return wrong(compiled.problem)
  if (compiled.type.name !== 'bool' && compiled.type !== any)
    return wrong(`must evaluate to bool or the unknown type, not ${compiled.type.name}`)
  return compiled.cost > costMax ? [forbiddenValue(at, 'too complex, exceeds cost limit')] : []
}
