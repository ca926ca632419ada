/**
 * etcd's gRPC methods that Cluster API calls, on one member. Field numbers: go.etcd.io/etcd/api/v3/etcdserverpb/rpc.proto.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { EtcdError, type EtcdCluster, type EtcdMember } from './etcd-cluster.ts'
import { GrpcError, type GrpcMethods } from './grpc.ts'

const version = '3.6.4'
/** What a small store takes on disk. */
const databaseBytes = 20_480
const alarmNumbers = { NOSPACE: 1, CORRUPT: 2 } as const
const codes = { notFound: 5, failedPrecondition: 9, unavailable: 14 } as const

/** What a member of that node's name answers; `revision` is the store's. */
export function etcdMethods(etcd: EtcdCluster, name: string, revision: () => number): GrpcMethods {
  const self = (): EtcdMember => {
    const member = etcd.member(name)
    if (member === undefined) throw new GrpcError(codes.unavailable, 'etcdserver: server stopped')
    return member
  }
  const answer = (): BinaryWriter =>
    nested(new BinaryWriter(), 1, (header) => {
      uint(header, 1, number(etcd.clusterId))
      uint(header, 2, number(self().id))
      uint(header, 3, revision())
      uint(header, 4, etcd.term)
    })
  const members = (writer: BinaryWriter): BinaryWriter => {
    for (const member of etcd.members) writeMember(writer, member)
    return writer
  }
  const guarded =
    (handle: (request: Buffer) => BinaryWriter) =>
    (request: Buffer): Uint8Array => {
      try {
        return handle(request).finish()
      } catch (error) {
        if (error instanceof EtcdError) throw new GrpcError(codes[error.code], error.message)
        throw error
      }
    }
  return {
    '/etcdserverpb.Maintenance/Status': guarded(() => {
      const { learner, alarms } = self()
      const writer = text(answer(), 2, version)
      uint(writer, 3, databaseBytes)
      uint(writer, 4, etcd.hasQuorum ? number(etcd.leader ?? '0') : 0n)
      uint(writer, 5, revision())
      uint(writer, 6, etcd.term)
      uint(writer, 7, revision())
      if (!etcd.hasQuorum) text(writer, 8, 'etcdserver: no leader')
      for (const alarm of alarms) text(writer, 8, `memberID:${number(self().id)} alarm:${alarm} `)
      uint(writer, 9, databaseBytes)
      if (learner) uint(writer, 10, 1)
      return text(writer, 11, version.replace(/\.\d+$/, '.0'))
    }),
    '/etcdserverpb.Maintenance/Alarm': guarded(() => {
      const writer = answer()
      for (const { id, alarms } of etcd.members)
        for (const alarm of alarms)
          nested(writer, 2, (entry) => {
            uint(entry, 1, number(id))
            uint(entry, 2, alarmNumbers[alarm])
          })
      return writer
    }),
    '/etcdserverpb.Maintenance/MoveLeader': guarded((request) => {
      if (!self().leader) throw new EtcdError('failedPrecondition', 'not leader')
      etcd.moveLeader(idOf(request))
      return answer()
    }),
    '/etcdserverpb.Cluster/MemberList': guarded((request) => {
      // A linearizable list needs a leader to confirm it.
      if (idOf(request) !== '0' && !etcd.hasQuorum) throw new EtcdError('unavailable', 'request timed out')
      return members(answer())
    }),
    '/etcdserverpb.Cluster/MemberRemove': guarded((request) => {
      const written = answer() // before the member that answers may be gone
      etcd.remove(idOf(request))
      return members(written)
    }),
  }
}

const writeMember = (writer: BinaryWriter, { id, name, learner }: EtcdMember): BinaryWriter =>
  nested(writer, 2, (member) => {
    uint(member, 1, number(id))
    text(member, 2, name)
    text(member, 3, `https://${name}:2380`)
    text(member, 4, `https://${name}:2379`)
    if (learner) uint(member, 5, 1)
  })

/** Unsigned integers and booleans, which are the same on the wire. */
const uint = (writer: BinaryWriter, field: number, value: bigint | number): BinaryWriter =>
  writer.tag(field, WireType.Varint).uint64(value)

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value)

function nested(writer: BinaryWriter, field: number, fill: (inner: BinaryWriter) => void): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork()
  fill(writer)
  return writer.join()
}

const number = (id: string): bigint => BigInt(`0x${id}`)

/** Field 1, an unsigned integer, as hexadecimal: the member that a request is about. */
function idOf(request: Buffer): string {
  const reader = new BinaryReader(request)
  let value = 0n
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1 && wire === WireType.Varint) value = BigInt(reader.uint64())
    else reader.skip(wire, field)
  }
  return value.toString(16)
}
