/**
 * Durations and counters in messages.
 *
 * OpenFlow 1.5 has them as a list, like a match: u16 reserved, u16 length, then for each u16 class, 7 bits field, u8 length.
 */
import type { Writer } from "../wire/writer.ts";

/** Seconds and nanoseconds. */
export function writeDuration(writer: Writer, milliseconds: number): void {
  const whole = Math.max(0, milliseconds);
  writer.u32(Math.floor(whole / 1000));
  writer.u32(Math.floor((whole % 1000) * 1_000_000));
}

export interface Statistics {
  /** Milliseconds. */
  readonly duration?: number;
  /** Seconds since the last packet. */
  readonly idleAge?: number;
  readonly flows?: number;
  readonly packets?: bigint;
  readonly bytes?: bigint;
}

const BASIC = 0x8002;
const DURATION = 0;
const IDLE_TIME = 1;
const FLOW_COUNT = 3;
const PACKET_COUNT = 4;
const BYTE_COUNT = 5;

function writeHeader(writer: Writer, field: number, bytes: number): void {
  writer.u16(BASIC);
  writer.u8(field << 1);
  writer.u8(bytes);
}

export function writeStatistics(writer: Writer, { duration, idleAge, flows, packets, bytes }: Statistics): void {
  const from = writer.length;
  writer.u16(0);
  writer.u16(0);
  if (duration !== undefined) {
    writeHeader(writer, DURATION, 8);
    writeDuration(writer, duration);
  }
  if (idleAge !== undefined) {
    writeHeader(writer, IDLE_TIME, 8);
    writer.u32(idleAge);
    writer.u32(0);
  }
  if (packets !== undefined) {
    writeHeader(writer, PACKET_COUNT, 8);
    writer.u64(packets);
  }
  if (bytes !== undefined) {
    writeHeader(writer, BYTE_COUNT, 8);
    writer.u64(bytes);
  }
  if (flows !== undefined) {
    writeHeader(writer, FLOW_COUNT, 4);
    writer.u32(flows);
  }
  writer.patchU16(from + 2, writer.length - from);
  writer.pad(from);
}
