/** String formats of schemas, and what the real server says of a value that isn't one. Source: kube-openapi/pkg/validation/strfmt. */
import { isIPv4, isIPv6 } from 'node:net'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'

const matches =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value)

/** A UUID, of any version or of one. */
const uuid = (version = '[0-9a-f]', variant = '[0-9a-f]'): ((value: string) => boolean) =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'))

/** Whether the digits, each by its weight, sum up to a multiple. */
const sumsUp = (digits: string, weight: (index: number) => number, modulus: number): boolean =>
  [...digits].reduce((sum, digit, index) => sum + (digit === 'X' ? 10 : Number(digit)) * weight(index), 0) % modulus ===
  0

const isbn10 = (value: string): boolean => {
  const digits = value.replaceAll(/[\s-]+/g, '')
  return /^\d{9}[\dX]$/.test(digits) && sumsUp(digits, (index) => 10 - index, 11)
}
const isbn13 = (value: string): boolean => {
  const digits = value.replaceAll(/[\s-]+/g, '')
  return /^\d{13}$/.test(digits) && sumsUp(digits, (index) => (index % 2 === 0 ? 1 : 3), 10)
}

/** By the numbers of issuers, and Luhn's sum. */
function creditCard(value: string): boolean {
  const digits = value.replaceAll(/\D+/g, '')
  const issued =
    /^(4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11})$/
  const doubled = [...digits].toReversed().map((digit, index) => {
    const number = Number(digit) * (1 + (index % 2))
    return number > 9 ? number - 9 : number
  })
  return issued.test(digits) && doubled.reduce((sum, digit) => sum + digit, 0) % 10 === 0
}

const byte = '(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'

/** One label, or several of which the last is a word. */
const hostname =
  /^(?=.{0,255}$)([a-zA-Z0-9\p{S}\p{L}](-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?|([a-zA-Z0-9\p{S}\p{L}]([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u

const atom = "[\\w!#$%&'*+/=?^`{|}~\\u0080-\\uffff-]+"
const address = `${atom}(\\.${atom})*@(${atom}(\\.${atom})*|\\[[^\\]]*\\])`
/** An address, or a name and an address in angle brackets. */
const email = new RegExp(`^\\s*(${address}|([^<>@,;:"[\\]]*|"[^"]*")\\s*<${address}>)\\s*$`)

const goDuration = /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/
const units = /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/
const isUnit = (unit = ''): boolean => units.test(unit.toLowerCase())

/** Days that a month doesn't have are not those of the next one. */
const isDay = (value: string): boolean => {
  const time = Date.parse(value)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

const checks: Readonly<Record<string, (value: string) => boolean>> = {
  datetime: (value) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    isDay(value.slice(0, 10)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value),
  duration: (value) => goDuration.test(value) || value.matchAll(/\d+\s*([A-Za-zµ]+)/g).some(([, unit]) => isUnit(unit)),
  byte: matches(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (value) => {
    const [address = '', bits = ''] = value.split('/')
    return /^\d+$/.test(bits) && ((isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128))
  },
  uri: (value) => URL.canParse(value) || value.startsWith('/'),
  email: matches(email),
  hostname: (value) => hostname.test(value) && value.split('.').every((label) => Buffer.byteLength(label) <= 63),
  uuid: uuid(),
  uuid3: uuid('3'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  mac: matches(
    /^([\da-f]{2}([:-])([\da-f]{2}\2){4}([\da-f]{2}\2){0,2}[\da-f]{2}|([\da-f]{2}[:-]){19}[\da-f]{2}|([\da-f]{4}\.){2,3}[\da-f]{4}|([\da-f]{4}\.){9}[\da-f]{4}|[\da-f]{12}|[\da-f]{16})$/i,
  ),
  bsonobjectid: matches(/^[\da-f]{24}$/i),
  isbn: (value) => isbn10(value) || isbn13(value),
  isbn10,
  isbn13,
  creditcard: creditCard,
  ssn: matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/),
  hexcolor: matches(/^#?([\da-f]{3}|[\da-f]{6})$/i),
  rgbcolor: matches(new RegExp(`^rgb\\(\\s*${byte}\\s*,\\s*${byte}\\s*,\\s*${byte}\\s*\\)$`)),
  password: () => true,
  k8sshortname: (value) => labelProblems(value).length === 0,
  k8slongname: (value) => subdomainProblems(value).length === 0,
}

/** Dashes in a format's name say nothing. */
const checkOf = (format: string): ((value: string) => boolean) | undefined => checks[format.replaceAll('-', '')]

/** Undefined when the value fits, or when nobody knows the format: the real server ignores those too. */
export function formatProblem(format: string, value: string): string | undefined {
  const check = checkOf(format)
  return check === undefined || check(value) ? undefined : `must be of type ${format}: ${JSON.stringify(value)}`
}

/** Formats of numbers, which are for people. */
const ofNumbers: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/** Whether a format means something to values of a type. Source: apiextensions-apiserver/pkg/apiserver/validation/formats.go. */
export const isFormatKnown = (format: string, type: string): boolean =>
  type === '' || type === 'string' ? checkOf(format) !== undefined : (ofNumbers[type]?.includes(format) ?? false)
