/** What the expressions of a policy may name. Source: k8s.io/apiserver/pkg/admission/plugin/cel/composition.go. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { compile } from '../cel/compile.ts'
import { isIdentifier } from '../cel/names.ts'
import { dyn, struct, type Type } from '../cel/types.ts'
import { conditionVariables } from './condition-types.ts'
import type { Policy } from './policy.ts'

type Cause = Required<StatusCause>

/** Each sees those before it, and its type is what its expression is of. */
export function variablesOf(
  variables: NonNullable<NonNullable<Policy['spec']>['variables']>,
  params: boolean,
): { types: ReadonlyMap<string, Type>; causes: Cause[] } {
  const causes: Cause[] = []
  const fields = new Map<string, Type>()
  const types = (): Map<string, Type> =>
    new Map<string, Type>([
      ...conditionVariables(params),
      ...(variables.length === 0 ? [] : [['variables', struct('kubernetes.variables', new Map(fields))] as const]),
    ])
  for (const [index, { name = '', expression = '' }] of variables.entries()) {
    const at = `spec.variables[${index}]`
    if (name.trim() === '') causes.push(required(`${at}.name`, 'name is not specified'))
    else if (!isIdentifier(name)) causes.push(invalidValue(`${at}.name`, name, 'must be a valid CEL identifier'))
    if (expression.trim() === '') {
      causes.push(required(`${at}.expression`, 'expression is not specified'))
      continue
    }
    const compiled = compile(expression, types())
    if ('problem' in compiled) causes.push(invalidValue(`${at}.expression`, expression, compiled.problem))
    fields.set(name, 'problem' in compiled ? dyn : asField(compiled.type))
  }
  return { types: types(), causes }
}

/** What of its type a variable keeps. */
const asField = (type: Type): Type =>
  type.kind === 'list' || type.kind === 'map'
    ? { ...type, params: type.params.map(asField) }
    : type.kind === 'scalar' || type.kind === 'null'
      ? type
      : dyn
