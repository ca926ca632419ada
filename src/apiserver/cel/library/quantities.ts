/** Amounts and versions. Source: k8s.io/apiserver/pkg/cel/library/quantity.go, semverlib.go; github.com/blang/semver/v4. */
import type { Environment } from '@marcbachmann/cel-js'
import {
  addQuantities,
  compareQuantities,
  integerQuantity,
  parseQuantity,
  quantityProblem,
  subtractQuantities,
} from '../../../kube/quantity.ts'

export class Quantity {
  readonly text: string

  constructor(text: string) {
    const problem = quantityProblem(text)
    if (problem !== undefined) throw new Error(problem)
    this.text = text
  }

  get integer(): bigint | undefined {
    return integerQuantity(this.text)
  }
}

const compare = (one: Quantity, other: Quantity): number => compareQuantities(one.text, other.text)

export class Version {
  readonly parts: readonly [number, number, number]
  readonly pre: readonly (number | string)[]

  constructor(text: string) {
    const [, major, minor, patch, pre] = syntax.exec(text) ?? []
    if (major === undefined) throw new Error(versionProblem(text))
    this.parts = [Number(major), Number(minor), Number(patch)]
    this.pre = pre === undefined ? [] : pre.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  }

  compare({ parts, pre }: Version): number {
    for (const [index, part] of this.parts.entries())
      if (part !== parts[index]) return part < (parts[index] as number) ? -1 : 1
    if (this.pre.length === 0 || pre.length === 0) return Math.sign(pre.length - this.pre.length)
    for (const [index, part] of this.pre.entries()) {
      const other = pre[index]
      if (other === undefined) return 1
      if (part === other) continue
      if (typeof part !== typeof other) return typeof part === 'number' ? -1 : 1
      return part < other ? -1 : 1
    }
    return this.pre.length < pre.length ? -1 : 0
  }
}

const number = '(0|[1-9]\\d*)'
const identifier = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][\\dA-Za-z-]*)'
const syntax = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[\\dA-Za-z.-]+)?$`,
)

function versionProblem(text: string): string {
  if (text === '') return 'Version string empty'
  const parts = text.split('.')
  if (parts.length < 3) return 'No Major.Minor.Patch elements found'
  for (const [index, name] of ['major', 'minor'].entries()) {
    const part = parts[index] as string
    if (!/^\d+$/.test(part)) return `Invalid character(s) found in ${name} number ${JSON.stringify(part)}`
    if (/^0\d/.test(part))
      return `${name[0]?.toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${JSON.stringify(part)}`
  }
  const patch = (parts[2] as string).replace(/[+-].*$/, '')
  return /^0\d/.test(patch)
    ? `Patch number must not contain leading zeroes ${JSON.stringify(patch)}`
    : `Invalid character(s) found in patch number ${JSON.stringify(patch)}`
}

/** Without a `v`, with three numbers, none of which begins with a zero. */
function normalized(text: string): string {
  const parts = text.replace(/^v/, '').split(/\.(.*)/s)
  const [major = '', rest = ''] = parts
  const [minor, patch] = rest === '' ? [undefined, undefined] : rest.split(/\.(.*)/s)
  const all = [major, ...(minor === undefined ? [] : [minor]), ...(patch === undefined ? [] : [patch])]
  const short = all.map((part) => (part.length > 1 ? part.replace(/^0+(?=\d)/, '').replace(/^0+(?=\D|$)/, '0') : part))
  while (short.length < 3) short.push('0')
  return short.join('.')
}

const versionOf = (text: string, normalize: boolean): Version => new Version(normalize ? normalized(text) : text)

function isVersion(text: string, normalize: boolean): boolean {
  try {
    versionOf(text, normalize)
    return true
  } catch {
    return false
  }
}

export function registerQuantities(environment: Environment): void {
  const [type, version] = ['kubernetes.Quantity', 'kubernetes.Semver']
  environment.registerType(type, Quantity)
  environment.registerType(version, Version)
  environment
    .registerFunction('isQuantity(string): bool', (text: string) => quantityProblem(text) === undefined)
    .registerFunction(`quantity(string): ${type}`, (text: string) => new Quantity(text))
    .registerFunction(`sign(${type}): int`, ({ text }: Quantity) => BigInt(compareQuantities(text, '0')))
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) > 0)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) < 0)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) => BigInt(compare(a, b)))
    .registerFunction(`${type}.asApproximateFloat(): double`, ({ text }: Quantity) => parseQuantity(text))
    .registerFunction(`${type}.isInteger(): bool`, ({ integer }: Quantity) => integer !== undefined)
    .registerFunction(`${type}.asInteger(): int`, ({ integer }: Quantity) => {
      if (integer === undefined) throw new Error('cannot convert value to integer')
      return integer
    })
    .registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => compare(a, b) === 0)
  for (const [name, combined] of [
    ['add', addQuantities],
    ['sub', subtractQuantities],
  ] as const)
    environment
      .registerFunction(
        `${type}.${name}(${type}): ${type}`,
        (a: Quantity, b: Quantity) => new Quantity(combined(a.text, b.text)),
      )
      .registerFunction(
        `${type}.${name}(int): ${type}`,
        (a: Quantity, b: bigint) => new Quantity(combined(a.text, String(b))),
      )
  environment
    .registerFunction('isSemver(string): bool', (text: string) => isVersion(text, false))
    .registerFunction('isSemver(string, bool): bool', isVersion)
    .registerFunction(`semver(string): ${version}`, (text: string) => versionOf(text, false))
    .registerFunction(`semver(string, bool): ${version}`, versionOf)
    .registerFunction(`${version}.isGreaterThan(${version}): bool`, (a: Version, b: Version) => a.compare(b) > 0)
    .registerFunction(`${version}.isLessThan(${version}): bool`, (a: Version, b: Version) => a.compare(b) < 0)
    .registerFunction(`${version}.compareTo(${version}): int`, (a: Version, b: Version) => BigInt(a.compare(b)))
    .registerFunction(`${version}.major(): int`, ({ parts }: Version) => BigInt(parts[0]))
    .registerFunction(`${version}.minor(): int`, ({ parts }: Version) => BigInt(parts[1]))
    .registerFunction(`${version}.patch(): int`, ({ parts }: Version) => BigInt(parts[2]))
    .registerOperator(`${version} == ${version}`, (a: Version, b: Version) => a.compare(b) === 0)
}
