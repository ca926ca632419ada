/** What a scalar without quotes is. Source: go.yaml.in/yaml/v2, resolve.go: YAML 1.1 without its base 60 and its times. */
import { YamlProblem } from './problem.ts'

/** An integer is a bigint here, so that it is told from a float that has no fraction. */
export type Scalar = string | number | bigint | boolean | null

type TypeName = 'str' | 'bool' | 'int' | 'float' | 'null' | 'merge'

const words = new Map<string, readonly [TypeName, Scalar]>()
const add = (type: TypeName, value: Scalar, ...texts: string[]): void => {
  for (const text of texts) words.set(text, [type, value])
}
add('bool', true, 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON')
add('bool', false, 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF')
add('null', null, '', '~', 'null', 'Null', 'NULL')
add('float', Number.NaN, '.nan', '.NaN', '.NAN')
add('float', Infinity, '.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF')
add('float', -Infinity, '-.inf', '-.Inf', '-.INF')
add('merge', '<<', '<<')

const prefix = 'tag:yaml.org,2002:'

/** The text's value, as the tag wants it. Throws {@link YamlProblem} where it is none of that. */
export function resolved(text: string, tag: string): Scalar {
  const wanted = tag.startsWith(prefix) ? tag.slice(prefix.length) : tag
  if (wanted === 'binary') return binary(text)
  if (wanted === 'str' || !['', 'bool', 'int', 'float', 'null', 'timestamp'].includes(wanted)) return text
  const [type, value] = words.get(text) ?? number(text) ?? (['str', text] as const)
  if (wanted === '' || wanted === type || (wanted === 'timestamp' && isDate(text))) return value
  if (wanted === 'float' && type === 'int') return Number(value)
  throw new YamlProblem(`yaml: cannot decode !!${type} \`${text}\` as a !!${wanted}`)
}

const isDate = (text: string): boolean => /^\d{4}-\d\d?-\d\d?([Tt ].*)?$/.test(text)

function binary(text: string): string {
  const bare = text.replaceAll(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(bare))
    throw new YamlProblem('yaml: !!binary value contains invalid base64 data')
  return Buffer.from(bare, 'base64').toString()
}

const integer = /^[+-]?(?:0x[\da-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i

function number(text: string): readonly [TypeName, Scalar] | undefined {
  if (!/^[-+\d.]/.test(text)) return undefined
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '')
  if (integer.test(plain)) {
    const value = integerOf(plain)
    const least = /^[-+]/.test(plain) ? -(2n ** 63n) : 0n
    const most = /^[-+]/.test(plain) ? 2n ** 63n : 2n ** 64n
    if (value >= least && value < most) return ['int', value]
  }
  const value = Number(plain)
  return float.test(plain) && Number.isFinite(value) ? ['float', value] : undefined
}

function integerOf(text: string): bigint {
  const [, sign, digits] = /^([+-]?)(.*)$/.exec(text) as unknown as [string, string, string]
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits)
  return sign === '-' ? -value : value
}
