/** What kube-apiserver v1.36.1 makes of the same expressions on the same object. */
import { describe, expect, it } from 'vitest'
import { celValue } from '../custom/cel.ts'
import { structuralOf, type JsonSchema } from '../custom/structural.ts'
import { programOf } from './environment.ts'
import { runProblem } from './run-problem.ts'

const text = { type: 'string' }
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
const whole = { type: 'integer' }
const properties: Record<string, JsonSchema> = {
  a: text,
  b: text,
  n: whole,
  f: { type: 'number' },
  l: list(text),
  li: list(whole),
  m: { type: 'object', additionalProperties: text },
  k: { 'x-kubernetes-int-or-string': true },
  z: text,
  t: { type: 'string', format: 'date-time' },
  du: { type: 'string', format: 'duration' },
  by: { type: 'string', format: 'byte' },
  o: { type: 'object', properties: { x: { type: 'boolean' }, s: text } },
  lo: list({ type: 'object', properties: { n: text, v: whole } }),
  d: { type: 'string', format: 'date' },
  ll: list(list(whole)),
}
const object = {
  a: 'https://user@example.com:8080/p%20a?x=1&y=2&x=3#f',
  b: '1.5Gi',
  n: 5,
  f: 2.5,
  l: ['b', 'a', 'c', 'a'],
  li: [3, 1, 2],
  m: { k1: 'v1', k2: 'v2' },
  k: '10%',
  t: '2024-02-29T12:34:56.789Z',
  du: '1h30m',
  by: 'aGVsbG8=',
  o: { x: true },
  lo: [
    { n: 'q', v: 2 },
    { n: 'p', v: 1 },
  ],
  d: '2024-02-29',
  ll: [[1, 2], [3]],
}
const self = celValue(structuralOf({ type: 'object', properties }, false), object)

const lines = (of: string): string[] => of.trim().split('\n')

describe('expressions', () => {
  it.each(
    lines(`
!format.dns1123Label().validate("a-b").hasValue()
!true || true
"%%".format([]) == "%"
"%.1f".format([12345.67]) == "12,345.7"
"a" < "b"
"a,b,c".split(",", 2) == ["a","b,c"]
"abc".contains("b")
"😀".size() == 1
-self.n == -5
bool("T")
cidr("10.0.0.1/8").masked() == cidr("10.0.0.0/8")
format.byte().validate("!!").hasValue()
format.date().validate("2024-02-30").hasValue()
format.datetime().validate("x").hasValue()
format.dns1123Label().validate("A_b").hasValue()
format.qualifiedName().validate("a/b/c").hasValue()
has(self.m.k1)
int(-1.9) == -1
int(1.9) == 1
ip("0.0.0.0").isUnspecified()
ip("10.0.0.1").family() == 4
ip("10.0.0.1").isGlobalUnicast()
ip("8.8.8.8").isGlobalUnicast()
isIP("::1")
isQuantity("1e3")
isURL(self.a)
optional.unwrap([optional.of(1), optional.none()]) == [1]
quantity("1").compareTo(quantity("1000m")) == 0
quantity("1k").asInteger() == 1000
quantity("50k").add(20).compareTo(quantity("50020")) == 0
self.?z.orValue("d") == "d"
self.a.findAll("[a-z]", 2) == ["h","t"]
self.b.indexOf("5") == 2
self.b.lowerAscii() == "1.5gi"
self.b.matches("(?i)GI")
self.b.substring(1) == ".5Gi"
self.du.getSeconds() == 5400
self.f < 3
self.k == "10%"
self.k.size() == 3
self.l.exists(x, x == "a" || self.z == "q")
self.l.first().value() == "b"
self.l.join() == "baca"
self.l.last().value() == "a"
self.li.max() == 3
self.ll.flatten() == [1,2,3]
self.m.all(k, k.startsWith("k"))
self.m[?"k1"].value() == "v1"
self.t + duration("1h") > self.t
self.t - duration("1h") < self.t
self.t - self.t == duration("0s")
self.t.getDayOfMonth() == 28
self.t.getFullYear() == 2024
self.t.getHours() == 12
self.t.getMilliseconds() == 789
self.t.getMonth() == 1
semver("1.2.3").isLessThan(semver("1.2.4"))
semver("1.2.3-rc.1+b").patch() == 3
sets.contains(self.l, ["a"])
sign(quantity("-3")) == -1
string(cidr("2001:db8::/32")) == "2001:db8::/32"
string(ip("2001:DB8:0:0::1")) == "2001:db8::1"
type("a") == string
type(1) == int
type(1.0) == double
type([]) == list
type(self.k) == string
type({}) == map
uint(5) == 5u
url("http://[::1]:80/x").getHost() == "[::1]:80"
url("mailto:a@b").getHost() == ""
url(self.a) == url(self.a)
url(self.a).getPort() == "8080"
url(self.a).getQuery()["x"] == ["1","3"]
{"a":1}.size() == 1
`),
  )('%s holds', (expression) => expect(programOf(expression)({ self })).toBe(true))

  it.each(
    lines(`
[].first().hasValue()
cidr("10.0.0.0/8").containsIP(ip("11.1.2.3"))
dyn("x") in self.li
dyn(self.f) == 2
false && self.z == "a"
format.named("nope").hasValue()
has(self.m.zz)
ip("255.255.255.255").isGlobalUnicast()
ip.isCanonical("2001:DB8::1")
isCIDR("10.0.0.0/33")
isCIDR("2001:db8::/129")
isCIDR("::ffff:1.2.3.4/96")
isIP("::ffff:1.2.3.4")
isQuantity("")
isSemver("1.2")
isSemver("1.2.3-01")
isURL("../x")
isURL("http://a:x")
optional.ofNonZeroValue("").hasValue()
quantity("1.5").isInteger()
quantity("2000m").isInteger()
quantity("9999999999999999999999").isInteger()
self.?z.hasValue()
self.f > self.n
self.k == 10
self.l.all(x, self.l.exists_one(y, x == y))
self.l[?9].hasValue()
self.z == "a" && false
type(self.k) == int
url("https://a/b") == url("https://a/c")
`),
  )('%s does not', (expression) => expect(programOf(expression)({ self })).toBe(false))

  it.each([
    [
      'url(self.b).getHost() == ""',
      'URL parse error during conversion from string: parse "1.5Gi": invalid URI for request',
    ],
    ['quantity("1.5").asInteger() == 1', 'cannot convert value to integer'],
    [
      'quantity("x").isInteger()',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['quantity("9999999999999999999999").asInteger() == 1', 'cannot convert value to integer'],
    ['ip("::ffff:1.2.3.4").family() == 4', 'IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'],
    [
      'ip("x").family() == 4',
      'IP Address "x" parse error during conversion from string: ParseAddr("x"): unable to parse IP',
    ],
    [
      'cidr("x").prefixLength() == 1',
      'network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("x"): no \'/\'',
    ],
    ['semver("x").major() == 1', 'No Major.Minor.Patch elements found'],
    ['[].max() == 1', 'max called on empty list'],
    ['self.l.slice(0,9) == []', 'cannot slice(0, 9), list is length 4'],
    ['self.b.charAt(9) == "1"', 'index out of range: 9'],
    ['self.b.substring(3,1) == ""', 'invalid substring range. start: 3, end: 1'],
    ['self.b.substring(9) == ""', 'index out of range: 9'],
    [
      '"%d".format([self.k]) == "x"',
      'error during formatting: decimal clause can only be used on integers, was given string',
    ],
    ['self.n / 0 == 1', 'division by zero'],
    ['self.n % 0 == 1', 'modulus by zero'],
    ['9223372036854775807 + self.n > 0', 'integer overflow'],
    ['self.l[9] == "a"', 'index out of bounds: 9'],
    ['self.l[-1] == "a"', 'index out of bounds: -1'],
    ['self.m.zz == "a"', 'no such key: zz'],
    ['self.z == "a"', 'no such key: z'],
    ['self.?z.value() == "a"', 'optional.none() dereference'],
    ['int(self.k) > 1', "type conversion error from 'string' to 'int'"],
    ['double(self.k) > 1.0', "type conversion error from 'string' to 'double'"],
    ['bool(self.k)', "type conversion error from 'string' to 'bool'"],
    [
      'timestamp(self.k) > timestamp("2020-01-01T00:00:00Z")',
      "type conversion error from 'string' to 'google.protobuf.Timestamp'",
    ],
    ['duration(self.k) > duration("1s")', "type conversion error from 'string' to 'google.protobuf.Duration'"],
    ['uint(self.k) > 1u', "type conversion error from 'string' to 'uint'"],
    ['self.z == "a" || false', 'no such key: z'],
    ['self.l.all(x, x == "a" || self.z == "q")', 'no such key: z'],
    ['self.l.exists(x, self.z == "q")', 'no such key: z'],
    ['self.t.getHours("nope") == 1', 'unknown time zone nope'],
    ['1u - 2u == 0u', 'unsigned integer overflow'],
    ['quantity("2000m").asInteger() == 2', 'cannot convert value to integer'],
    ['self.l.transformMapEntry(i, v, {v: i}).size() == 3', 'insert failed: key a already exists'],
    ['"ab".charAt(-1) == ""', 'index out of range: -1'],
    ['self.li.slice(-1, 2) == []', 'cannot slice(-1, 2), negative indexes not supported'],
    ['self.k > 5', 'no such overload'],
    ['cidr("10.0.0.0/8").containsIP("x")', 'no such overload'],
  ])('%s: %s', (expression, problem) => {
    let told: string | undefined
    try {
      programOf(expression)({ self })
    } catch (error) {
      told = runProblem(error as Error)
    }
    expect(told).toBe(problem)
  })

  it.each([
    ['"%e".format([1234.5])', '1.234500×10⁰³'],
    ['"%s".format([{"k": 1.5, "a": 1.0}])', '{"a":1.000000, "k":1.500000}'],
    ['"%.2f %x %b %o %X".format([1.5, 255, 5, 8, "hi"])', '1.50 ff 101 10 6869'],
    ['string(1e6) + string(0.1) + string(100000.0)', '1e+060.1100000'],
    ['string(duration("90m")) + string(timestamp("2024-01-01T00:00:00.120Z"))', '5400s2024-01-01T00:00:00.12Z'],
    ['strings.quote("a\\"b")', '"a\\"b"'],
  ])('%s is %s', (expression, value) => expect(programOf(expression)({})).toBe(value))
})
