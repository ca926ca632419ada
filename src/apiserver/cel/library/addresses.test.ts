import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Address, Network, parseAddress, parseNetwork } from './addresses.ts'

const address = fc
  .oneof(
    fc.tuple(fc.constant(4 as const), fc.bigInt(0n, 2n ** 32n - 1n)),
    fc.tuple(fc.constant(6 as const), fc.bigInt(0n, 2n ** 128n - 1n)),
  )
  .filter(([family, value]) => family === 4 || value >> 32n !== 0xffffn)
  .map(([family, value]) => new Address(value, family))

it('addresses and networks are what their texts say', () => {
  fc.assert(
    fc.property(address, (ip) => {
      expect(parseAddress(String(ip))).toEqual(ip)
    }),
  )
  fc.assert(
    fc.property(address, fc.nat(128), (ip, bits) => {
      const network = new Network(ip, bits % (ip.bits + 1))
      expect(parseNetwork(String(network))).toEqual(network)
      expect(network.masked().address.shares(network.bits, ip)).toBe(true)
    }),
  )
})

it.each([
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::1.2.3.4', '::102:304'],
  ['fe80:0:0:0:1:0:0:1', 'fe80::1:0:0:1'],
])('%s is shown as %s', (text, shown) => expect(String(parseAddress(text))).toBe(shown))

it.each(['1.2.3', '01.2.3.4', 'fe80::1%eth0', '::ffff:1.2.3.4', ''])('%s is none', (text) =>
  expect(() => parseAddress(text)).toThrow(),
)
