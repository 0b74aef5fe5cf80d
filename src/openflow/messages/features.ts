/** FEATURES: who the switch is, and up to 1.2 its ports. */
import { OF10, OF12, OF13 } from "../wire/version.ts";
import { emptyMessage, type MessageCodec, message } from "./definition.ts";
import { type PortDescription, writePortDescription } from "./port.ts";

export interface FeaturesRequest {
  readonly type: "features_request";
}

export interface FeaturesReply {
  readonly type: "features_reply";
  readonly datapathId: bigint;
  readonly tables: number;
  readonly ports: readonly PortDescription[];
}

export const featuresRequest = emptyMessage<FeaturesRequest>({ type: "features_request" }, [message("1.0+", 5)]);

/** What the switch can: flow, table, port and queue statistics everywhere; and what only some versions tell of. */
const STATISTICS = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 6);
const GROUP_STATISTICS = 1 << 3;
const ARP_MATCH_IP = 1 << 7;
const BUNDLES = 1 << 9;
/** Actions of 1.0, by their number: all but 1.0's vendor action. */
const ACTIONS10 = 0xfff;

function capabilities(version: number): number {
  let bits = STATISTICS;
  if (version > OF10) bits |= GROUP_STATISTICS;
  if (version < OF12) bits |= ARP_MATCH_IP;
  if (version > OF13) bits |= BUNDLES;
  return bits;
}

export const featuresReply: MessageCodec<FeaturesReply> = {
  type: "features_reply",
  places: [message("1.0+", 6)],
  write(writer, { datapathId, tables, ports }, { version }) {
    writer.u64(datapathId);
    // No packets are kept for controllers.
    writer.u32(0);
    writer.u8(tables);
    // The main connection, not an auxiliary one.
    writer.u8(0);
    writer.zeros(2);
    writer.u32(capabilities(version));
    writer.u32(version === OF10 ? ACTIONS10 : 0);
    if (version < OF13) for (const port of ports) writePortDescription(writer, port, version);
  },
};
