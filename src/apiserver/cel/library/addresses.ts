/** IP addresses and networks. Source: k8s.io/apiserver/pkg/cel/library/ip.go, cidr.go; Go's net/netip. */
import { isIPv4, isIPv6 } from 'node:net'
import type { Environment } from '@marcbachmann/cel-js'

export class Address {
  readonly value: bigint
  readonly family: 4 | 6

  constructor(value: bigint, family: 4 | 6) {
    this.value = value
    this.family = family
  }

  get bits(): number {
    return this.family === 4 ? 32 : 128
  }

  toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (this.value >> shift) & 255n).join('.')
    const groups = Array.from({ length: 8 }, (_, index) => (this.value >> BigInt(112 - 16 * index)) & 0xffffn)
    return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1)
  }

  /** Whether the first bits are those of another address. */
  shares(bits: number, { value, family }: Address): boolean {
    const shift = BigInt(this.bits - bits)
    return family === this.family && value >> shift === this.value >> shift
  }
}

export class Network {
  readonly address: Address
  readonly bits: number

  constructor(address: Address, bits: number) {
    this.address = address
    this.bits = bits
  }

  toString(): string {
    return `${String(this.address)}/${this.bits}`
  }

  masked(): Network {
    const shift = BigInt(this.address.bits - this.bits)
    return new Network(new Address((this.address.value >> shift) << shift, this.address.family), this.bits)
  }
}

export function parseAddress(text: string): Address {
  const quoted = JSON.stringify(text)
  const [plain = '', zone] = text.split('%', 2)
  const address = addressOf(plain)
  if (address === undefined || (zone !== undefined && (zone === '' || address === undefined)))
    throw new Error(
      `IP Address ${quoted} parse error during conversion from string: ParseAddr(${quoted}): unable to parse IP`,
    )
  if (zone !== undefined) throw new Error(`IP address ${quoted} with zone value is not allowed`)
  if (isMapped(address)) throw new Error(`IPv4-mapped IPv6 address ${quoted} is not allowed`)
  return address
}

const prefixText = 'network address parse error during conversion from string'

export function parseNetwork(text: string): Network {
  const wrong = (why: string): Error =>
    new Error(`${prefixText}: ${prefixText}: netip.ParsePrefix(${JSON.stringify(text)}): ${why}`)
  const slash = text.lastIndexOf('/')
  if (slash < 0) throw wrong("no '/'")
  const [plain, length] = [text.slice(0, slash), text.slice(slash + 1)]
  const address = addressOf(plain)
  if (address === undefined) throw wrong(`ParseAddr(${JSON.stringify(plain)}): unable to parse IP`)
  if (!/^(0|[1-9]\d*)$/.test(length)) throw wrong(`bad bits after slash: ${JSON.stringify(length)}`)
  if (Number(length) > address.bits) throw wrong('prefix length out of range')
  if (isMapped(address)) throw new Error(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return new Network(address, Number(length))
}

const isMapped = ({ family, value }: Address): boolean => family === 6 && value >> 32n === 0xffffn

function addressOf(text: string): Address | undefined {
  if (isIPv4(text)) return new Address(valueOf(text.split('.').map(Number), 8n), 4)
  if (!isIPv6(text)) return undefined
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0]
  const tail = dotted === undefined ? '' : valueOf(dotted.split('.').map(Number), 8n).toString(16).padStart(8, '0')
  const hex = dotted === undefined ? text : `${text.slice(0, -dotted.length)}${tail.slice(0, 4)}:${tail.slice(4)}`
  const [before = '', after] = hex.split('::', 2)
  const groups = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'))
  const [left, right] = [groups(before), groups(after)]
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  const value = valueOf(
    all.map((group) => Number.parseInt(group, 16)),
    16n,
  )
  return new Address(value, 6)
}

const valueOf = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)

const parses = (parse: (text: string) => unknown, text: string): boolean => {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}

const loopback = { 4: new Address(127n << 24n, 4), 6: new Address(1n, 6) }
const multicast = { 4: new Address(224n << 24n, 4), 6: new Address(0xff02n << 112n, 6) }
const anyMulticast = { 4: new Address(224n << 24n, 4), 6: new Address(0xffn << 120n, 6) }
const linkLocal = { 4: new Address(0xa9fe0000n, 4), 6: new Address(0xfe80n << 112n, 6) }

const isLinkLocalUnicast = (ip: Address): boolean => ip.shares(ip.family === 4 ? 16 : 10, linkLocal[ip.family])
const isLoopback = (ip: Address): boolean => ip.shares(ip.family === 4 ? 8 : 128, loopback[ip.family])
const isMulticast = (ip: Address): boolean => ip.shares(ip.family === 4 ? 4 : 8, anyMulticast[ip.family])
const isGlobalUnicast = (ip: Address): boolean =>
  ip.value !== 0n &&
  !(ip.family === 4 && ip.value === 0xffffffffn) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocalUnicast(ip)

const contains = (network: Network, other: Network): boolean =>
  network.bits <= other.bits && network.address.shares(network.bits, other.address)

class AddressNamespace {}

/** A text that is none is a value of another type. */
function within(parse: () => boolean): boolean {
  try {
    return parse()
  } catch (error) {
    throw new Error('no such overload', { cause: error })
  }
}

export function registerAddresses(environment: Environment): void {
  environment.registerType('AddressNamespace', AddressNamespace)
  environment.registerType('net.IP', Address)
  environment.registerType('net.CIDR', Network)
  environment
    .registerFunction('isIP(string): bool', (text: string) => parses(parseAddress, text))
    .registerFunction('ip(string): net.IP', parseAddress)
    .registerConstant('ip', 'AddressNamespace', new AddressNamespace())
    .registerFunction(
      'AddressNamespace.isCanonical(string): bool',
      (_: unknown, text: string) => String(parseAddress(text)) === text,
    )
    .registerFunction('net.IP.family(): int', ({ family }: Address) => BigInt(family))
    .registerFunction('net.IP.isUnspecified(): bool', ({ value }: Address) => value === 0n)
    .registerFunction('net.IP.isLoopback(): bool', isLoopback)
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', (ip: Address) =>
      ip.shares(ip.family === 4 ? 24 : 16, multicast[ip.family]),
    )
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', isLinkLocalUnicast)
    .registerFunction('net.IP.isGlobalUnicast(): bool', isGlobalUnicast)
    .registerOperator('net.IP == net.IP', (one: Address, other: Address) => String(one) === String(other))
    .registerFunction('isCIDR(string): bool', (text: string) => parses(parseNetwork, text))
    .registerFunction('cidr(string): net.CIDR', parseNetwork)
    .registerFunction('net.CIDR.ip(): net.IP', ({ address }: Network) => address)
    .registerFunction('net.CIDR.prefixLength(): int', ({ bits }: Network) => BigInt(bits))
    .registerFunction('net.CIDR.masked(): net.CIDR', (network: Network) => network.masked())
    .registerFunction('net.CIDR.containsIP(net.IP): bool', ({ address, bits }: Network, ip: Address) =>
      address.shares(bits, ip),
    )
    .registerFunction('net.CIDR.containsIP(string): bool', ({ address, bits }: Network, ip: string) =>
      within(() => address.shares(bits, parseAddress(ip))),
    )
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', contains)
    .registerFunction('net.CIDR.containsCIDR(string): bool', (network: Network, other: string) =>
      within(() => contains(network, parseNetwork(other))),
    )
    .registerOperator('net.CIDR == net.CIDR', (one: Network, other: Network) => String(one) === String(other))
}
