/**
 * PACKET_IN, OpenFlow's own: 1.0, 1.1, 1.2 and 1.3+, and Nicira's first.
 *
 *     1.0:  buffer u32, total u16, in_port u16, reason u8, pad, frame
 *     1.1:  buffer u32, in_port u32, in_phy_port u32, total u16, reason u8, table u8, frame
 *     1.2+: buffer u32, total u16, reason u8, table u8, from 1.3 on cookie u64, match, pad u16, frame
 *     Nicira's: buffer u32, total u16, reason u8, table u8, cookie u64, match length u16, pad 6, fields, pad u16, frame
 */
import { field } from "../../slowpath/flow/fields.ts";
import { getNumber } from "../../slowpath/flow/flow.ts";
import type { Match } from "../../slowpath/tables/rule.ts";
import { writeMatch } from "../fields/match.ts";
import { writeOxmMatch } from "../fields/oxm-match.ts";
import { portTo32 } from "../wire/ports.ts";
import { type PacketInReason, reasonNumberIn } from "../wire/reasons.ts";
import { OF10, OF11, OF13 } from "../wire/version.ts";
import { type MessageCodec, message, niciraMessage } from "./definition.ts";

export interface PacketInFields {
  readonly reason: PacketInReason;
  readonly table: number;
  /** undefined: no rule sent it. */
  readonly cookie: bigint | undefined;
  /** The frame, or its beginning. */
  readonly frame: Uint8Array;
  /** Bytes of the whole frame. */
  readonly length: number;
  /** Registers, metadata, in_port …: fields/metadata-match.ts. */
  readonly metadata: Match;
}

export interface PacketIn extends PacketInFields {
  readonly type: "packet_in";
}

export interface NiciraPacketIn extends PacketInFields {
  readonly type: "nx_packet_in";
}

const NO_BUFFER = 0xffff_ffff;
const NO_COOKIE = 2n ** 64n - 1n;

function inPortOf({ metadata }: PacketInFields): number {
  return getNumber(metadata.value, field("in_port"));
}

export const packetIn: MessageCodec<PacketIn> = {
  type: "packet_in",
  places: [message("1.0+", 10)],
  write(writer, packet, { version }) {
    const reason = reasonNumberIn(version, packet.reason);
    writer.u32(NO_BUFFER);
    if (version === OF10) {
      writer.u16(packet.length);
      writer.u16(inPortOf(packet));
      writer.u8(reason);
      writer.zeros(1);
    } else if (version === OF11) {
      writer.u32(portTo32(inPortOf(packet)));
      writer.u32(portTo32(inPortOf(packet)));
      writer.u16(packet.length);
      writer.u8(reason);
      writer.u8(packet.table);
    } else {
      writer.u16(packet.length);
      writer.u8(reason);
      writer.u8(packet.table);
      if (version >= OF13) writer.u64(packet.cookie ?? NO_COOKIE);
      writeMatch(writer, packet.metadata, version);
      writer.zeros(2);
    }
    writer.bytes(packet.frame);
  },
};

export const niciraPacketIn: MessageCodec<NiciraPacketIn> = {
  type: "nx_packet_in",
  places: [niciraMessage("1.0+", 17)],
  write(writer, packet, { version }) {
    writer.u32(NO_BUFFER);
    writer.u16(packet.length);
    writer.u8(reasonNumberIn(version, packet.reason));
    writer.u8(packet.table);
    writer.u64(packet.cookie ?? NO_COOKIE);
    const lengthAt = writer.length;
    writer.zeros(8);
    const from = writer.length;
    writeOxmMatch(writer, packet.metadata, "nxm");
    writer.patchU16(lengthAt, writer.length - from);
    writer.pad(from);
    writer.zeros(2);
    writer.bytes(packet.frame);
  },
};
