/**
 * etcd's gRPC methods that Cluster API calls, on one member. Field numbers: go.etcd.io/etcd/api/v3/etcdserverpb/rpc.proto.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { EtcdError, type EtcdCluster, type EtcdMember } from './etcd-cluster.ts'
import { GrpcError, type GrpcMethods } from './grpc.ts'

const version = '3.6.4'
const alarmNumbers = { NOSPACE: 1, CORRUPT: 2 } as const
const codes = { notFound: 5, failedPrecondition: 9, unavailable: 14 } as const

/** What a member of that node's name answers; `revision` is the store's. */
export function etcdMethods(etcd: EtcdCluster, name: string, revision: () => number): GrpcMethods {
  const self = (): EtcdMember => {
    const member = etcd.member(name)
    if (member === undefined) throw new GrpcError(codes.unavailable, 'etcdserver: server stopped')
    return member
  }
  const header = (writer: BinaryWriter): BinaryWriter =>
    writer
      .tag(1, WireType.LengthDelimited)
      .fork()
      .tag(1, WireType.Varint)
      .uint64(number(etcd.clusterId))
      .tag(2, WireType.Varint)
      .uint64(number(self().id))
      .tag(3, WireType.Varint)
      .int64(revision())
      .tag(4, WireType.Varint)
      .uint64(etcd.term)
      .join()
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
      const writer = header(new BinaryWriter())
        .tag(2, WireType.LengthDelimited)
        .string(version)
        .tag(3, WireType.Varint)
        .int64(20_480)
        .tag(4, WireType.Varint)
        .uint64(etcd.hasQuorum ? number(etcd.leader ?? '0') : 0n)
        .tag(5, WireType.Varint)
        .uint64(revision())
        .tag(6, WireType.Varint)
        .uint64(etcd.term)
        .tag(7, WireType.Varint)
        .uint64(revision())
      if (!etcd.hasQuorum) writer.tag(8, WireType.LengthDelimited).string('etcdserver: no leader')
      for (const alarm of alarms)
        writer.tag(8, WireType.LengthDelimited).string(`memberID:${number(self().id)} alarm:${alarm} `)
      writer.tag(9, WireType.Varint).int64(20_480)
      if (learner) writer.tag(10, WireType.Varint).bool(true)
      return writer.tag(11, WireType.LengthDelimited).string(version.replace(/\.\d+$/, '.0'))
    }),
    '/etcdserverpb.Maintenance/Alarm': guarded(() => {
      const writer = header(new BinaryWriter())
      for (const { id, alarms } of etcd.members)
        for (const alarm of alarms)
          writer
            .tag(2, WireType.LengthDelimited)
            .fork()
            .tag(1, WireType.Varint)
            .uint64(number(id))
            .tag(2, WireType.Varint)
            .int32(alarmNumbers[alarm])
            .join()
      return writer
    }),
    '/etcdserverpb.Maintenance/MoveLeader': guarded((request) => {
      if (!self().leader) throw new EtcdError('failedPrecondition', 'not leader')
      etcd.moveLeader(idOf(request))
      return header(new BinaryWriter())
    }),
    '/etcdserverpb.Cluster/MemberList': guarded((request) => {
      // A linearizable list needs a leader to confirm it.
      if (idOf(request) !== '0' && !etcd.hasQuorum) throw new EtcdError('unavailable', 'request timed out')
      return members(header(new BinaryWriter()))
    }),
    '/etcdserverpb.Cluster/MemberRemove': guarded((request) => {
      const written = header(new BinaryWriter()) // before the member that answers may be gone
      etcd.remove(idOf(request))
      return members(written)
    }),
  }
}

function writeMember(writer: BinaryWriter, { id, name, learner }: EtcdMember): void {
  writer
    .tag(2, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .uint64(number(id))
    .tag(2, WireType.LengthDelimited)
    .string(name)
    .tag(3, WireType.LengthDelimited)
    .string(`https://${name}:2380`)
    .tag(4, WireType.LengthDelimited)
    .string(`https://${name}:2379`)
  if (learner) writer.tag(5, WireType.Varint).bool(true)
  writer.join()
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
