/** Multipart METER, METER_CONFIG and METER_FEATURES (1.3 and later). */
import type { Meter } from "../../slowpath/tables/rule.ts";
import type { Writer } from "../wire/writer.ts";
import { emptyMessage, type MessageCodec, multipart } from "./definition.ts";
import { meterFlags, writeBands } from "./meter-mod.ts";
import { writeDuration } from "./statistics.ts";

export interface MeterStatisticsRequest {
  readonly type: "meter_statistics_request";
  /** METER_ALL: every meter. */
  readonly meter: number;
}
export interface MeterConfigRequest {
  readonly type: "meter_config_request";
  readonly meter: number;
}
export interface MeterFeaturesRequest {
  readonly type: "meter_features_request";
}

export interface MeterStatistics {
  readonly meter: number;
  /** Rules that use it. */
  readonly flows: number;
  readonly packets: bigint;
  readonly bytes: bigint;
  /** Milliseconds. */
  readonly duration: number;
  readonly bands: readonly { readonly packets: bigint; readonly bytes: bigint }[];
}

export interface MeterStatisticsReply {
  readonly type: "meter_statistics_reply";
  readonly entries: readonly MeterStatistics[];
}
export interface MeterConfigReply {
  readonly type: "meter_config_reply";
  readonly entries: readonly Meter[];
}
export interface MeterFeaturesReply {
  readonly type: "meter_features_reply";
  readonly maxMeters: number;
  readonly maxBands: number;
}

export const METER_ALL = 0xffff_ffff;
/** Bits by type: bands of type 1 drop. */
const DROP_BANDS = 1 << 1;
/** kb/s, packets/s, bursts, statistics. */
const CAPABILITIES = 0xf;

function writeStatistics(writer: Writer, entry: MeterStatistics): void {
  const from = writer.length;
  writer.u32(entry.meter);
  writer.u16(0);
  writer.zeros(6);
  writer.u32(entry.flows);
  writer.u64(entry.packets);
  writer.u64(entry.bytes);
  writeDuration(writer, entry.duration);
  for (const { packets, bytes } of entry.bands) {
    writer.u64(packets);
    writer.u64(bytes);
  }
  writer.patchU16(from + 4, writer.length - from);
}

function writeConfig(writer: Writer, meter: Meter): void {
  const from = writer.length;
  writer.u16(0);
  writer.u16(meterFlags(meter));
  writer.u32(meter.id);
  writeBands(writer, meter.bands);
  writer.patchU16(from, writer.length - from);
}

export const meterStatisticsRequest: MessageCodec<MeterStatisticsRequest> = {
  type: "meter_statistics_request",
  places: [multipart("request", "1.3+", 9)],
  read(body) {
    const meter = body.u32();
    body.skip(4);
    return { type: "meter_statistics_request", meter };
  },
};

export const meterStatisticsReply: MessageCodec<MeterStatisticsReply> = {
  type: "meter_statistics_reply",
  places: [multipart("reply", "1.3+", 9)],
  entries: { of: ({ entries }) => entries, write: writeStatistics },
};

export const meterConfigRequest: MessageCodec<MeterConfigRequest> = {
  type: "meter_config_request",
  places: [multipart("request", "1.3+", 10)],
  read(body) {
    const meter = body.u32();
    body.skip(4);
    return { type: "meter_config_request", meter };
  },
};

export const meterConfigReply: MessageCodec<MeterConfigReply> = {
  type: "meter_config_reply",
  places: [multipart("reply", "1.3+", 10)],
  entries: { of: ({ entries }) => entries, write: writeConfig },
};

export const meterFeaturesRequest = emptyMessage<MeterFeaturesRequest>({ type: "meter_features_request" }, [
  multipart("request", "1.3+", 11),
]);

export const meterFeaturesReply: MessageCodec<MeterFeaturesReply> = {
  type: "meter_features_reply",
  places: [multipart("reply", "1.3+", 11)],
  read(body) {
    const maxMeters = body.u32();
    body.skip(8);
    const maxBands = body.u8();
    body.skip(3);
    return { type: "meter_features_reply", maxMeters, maxBands };
  },
  write(writer, { maxMeters, maxBands }) {
    writer.u32(maxMeters);
    writer.u32(DROP_BANDS);
    writer.u32(CAPABILITIES);
    writer.u8(maxBands);
    // No colours.
    writer.zeros(3);
  },
};
