import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { keyedRandom } from '../../base/random.ts'
import { EtcdCluster, EtcdError, type EtcdState } from './etcd-cluster.ts'
import { EtcdFile } from './state-file.ts'

function cluster(restored?: EtcdState): { etcd: EtcdCluster; last: () => EtcdState } {
  let state: EtcdState | undefined = restored
  const etcd = new EtcdCluster({
    cluster: 'd/c',
    random: keyedRandom(1),
    restored,
    changed: (changed) => (state = changed),
  })
  return { etcd, last: () => state as EtcdState }
}

const idOf = (etcd: EtcdCluster, name: string): string => etcd.member(name)?.id ?? ''

describe('an etcd cluster', () => {
  it('has one leader as long as a voter is up, and a new term with each election', () => {
    const { etcd } = cluster()
    for (const name of ['a', 'b', 'c']) etcd.join(name)
    expect(etcd.members.filter(({ leader }) => leader).map(({ name }) => name)).toEqual(['a'])
    const { term } = etcd
    etcd.setHealthy('a', false)
    expect(etcd.member('b')?.leader).toBe(true)
    expect(etcd.term).toBe(term + 1)
    etcd.setHealthy('a', true)
    expect(etcd.member('b')?.leader).toBe(true)
  })

  it('refuses in etcd’s words: an unknown member, a sick transferee, a removal that costs the quorum', () => {
    const { etcd } = cluster()
    for (const name of ['a', 'b', 'c']) etcd.join(name)
    etcd.setHealthy('c', false)
    expect(() => etcd.moveLeader('ffff')).toThrow(new EtcdError('notFound', 'member not found'))
    expect(() => etcd.moveLeader(idOf(etcd, 'c'))).toThrow('etcdserver: bad leader transferee')
    expect(() => etcd.remove(idOf(etcd, 'b'))).toThrow(
      'etcdserver: re-configuration failed due to not enough started members',
    )
    etcd.remove(idOf(etcd, 'c'))
    expect(etcd.members.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('without quorum changes nothing', () => {
    const { etcd } = cluster()
    for (const name of ['a', 'b', 'c']) etcd.join(name)
    etcd.setHealthy('b', false)
    etcd.setHealthy('c', false)
    expect(etcd.hasQuorum).toBe(false)
    expect(() => etcd.remove(idOf(etcd, 'c'))).toThrow('etcdserver: request timed out')
  })

  it('comes back after a restart with the same ids, and without members that were removed', () => {
    const { etcd, last } = cluster()
    for (const name of ['a', 'b', 'c']) etcd.join(name)
    etcd.moveLeader(idOf(etcd, 'b'))
    etcd.remove(idOf(etcd, 'a'))
    const ids = etcd.members.map(({ id }) => id)
    const again = cluster(JSON.parse(JSON.stringify(last())) as EtcdState).etcd
    expect(again.hasQuorum).toBe(false) // nobody has started yet
    for (const name of ['a', 'b', 'c']) again.join(name)
    expect(again.members.map(({ id }) => id)).toEqual(ids)
    expect([again.clusterId, again.member('b')?.leader, again.hasQuorum]).toEqual([etcd.clusterId, true, true])
  })

  it('whatever happens: members are unique, at most one leads, and it is a healthy one', () => {
    const action = fc.record({
      do: fc.constantFrom('join', 'up', 'down', 'move', 'remove'),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { etcd } = cluster()
        for (const { do: what, name } of actions) {
          const term = etcd.term
          try {
            if (what === 'join') etcd.join(name)
            else if (what === 'move') etcd.moveLeader(idOf(etcd, name))
            else if (what === 'remove') etcd.remove(idOf(etcd, name))
            else etcd.setHealthy(name, what === 'up')
          } catch (error) {
            expect(error).toBeInstanceOf(EtcdError)
          }
          const leaders = etcd.members.filter(({ leader }) => leader)
          expect(leaders.length).toBeLessThanOrEqual(1)
          expect(leaders.every(({ healthy }) => healthy)).toBe(true)
          expect(new Set(etcd.members.map(({ id }) => id)).size).toBe(etcd.members.length)
          expect(etcd.term).toBeGreaterThanOrEqual(term)
        }
      }),
    )
  })
})

describe('its file', () => {
  it('holds the last state, and nothing where there was none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'etcd-'))
    try {
      expect(new EtcdFile(directory).read()).toBeUndefined()
      const { etcd, last } = cluster()
      etcd.join('a')
      new EtcdFile(directory).write(last())
      expect(new EtcdFile(directory).read()).toEqual(last())
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
