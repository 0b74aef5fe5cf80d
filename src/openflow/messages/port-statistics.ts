/** Multipart PORT: counters of ports. What is not counted is all ones; what the switch cannot tell from other errors is 0. */
import { UNCOUNTED } from "../../fastpath/datapath.ts";
import { portTo32, readPort } from "../wire/ports.ts";
import { writeProperty } from "../wire/property.ts";
import { OF10, OF13, OF14 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, type MessageContext, multipart } from "./definition.ts";
import { writeDuration } from "./statistics.ts";

export interface PortStatisticsRequest {
  readonly type: "port_statistics_request";
  /** PORT_NONE: every port. */
  readonly port: number;
}

export interface PortCounters {
  readonly port: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly rxPackets: bigint;
  readonly txPackets: bigint;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly rxDropped: bigint;
  readonly txDropped: bigint;
  readonly rxErrors: bigint;
  readonly txErrors: bigint;
}

export interface PortStatisticsReply {
  readonly type: "port_statistics_reply";
  readonly entries: readonly PortCounters[];
}

const ETHERNET = 0;
/** Frame, overrun and checksum errors, collisions. */
const ETHERNET_COUNTERS = 4;

function writeCounters(writer: Writer, counters: PortCounters): void {
  const { rxPackets, txPackets, rxBytes, txBytes, rxDropped, txDropped, rxErrors, txErrors } = counters;
  for (const value of [rxPackets, txPackets, rxBytes, txBytes, rxDropped, txDropped, rxErrors, txErrors]) {
    writer.u64(value);
  }
}

function writeEthernet(writer: Writer, { rxErrors }: PortCounters): void {
  const value = rxErrors === UNCOUNTED ? UNCOUNTED : 0n;
  for (let i = 0; i < ETHERNET_COUNTERS; i++) writer.u64(value);
}

function write(writer: Writer, entry: PortCounters, { version }: MessageContext): void {
  if (version >= OF14) {
    const from = writer.length;
    writer.zeros(4);
    writer.u32(portTo32(entry.port));
    writeDuration(writer, entry.duration);
    writeCounters(writer, entry);
    writeProperty(writer, ETHERNET, () => {
      writer.zeros(4);
      writeEthernet(writer, entry);
    });
    writer.patchU16(from, writer.length - from);
    return;
  }
  if (version === OF10) {
    writer.u16(entry.port);
    writer.zeros(6);
  } else {
    writer.u32(portTo32(entry.port));
    writer.zeros(4);
  }
  writeCounters(writer, entry);
  writeEthernet(writer, entry);
  if (version === OF13) writeDuration(writer, entry.duration);
}

export const portStatisticsRequest: MessageCodec<PortStatisticsRequest> = {
  type: "port_statistics_request",
  places: [multipart("request", "1.0+", 4)],
  read(body, { version }) {
    const port = readPort(body, version);
    body.skip(version === OF10 ? 6 : 4);
    return { type: "port_statistics_request", port };
  },
};

export const portStatisticsReply: MessageCodec<PortStatisticsReply> = {
  type: "port_statistics_reply",
  places: [multipart("reply", "1.0+", 4)],
  entries: { of: ({ entries }) => entries, write },
};
