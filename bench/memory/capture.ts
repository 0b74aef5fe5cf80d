/** Capture files (pcap) as DPDK's pcap ports play them. */
import { writeFileSync } from "node:fs";
import { shuffled } from "../shuffled.ts";
import { FIRST_FLOW, SOURCE_BASE } from "./packet-source.ts";
import { FRAME_BYTES, type TcpFrame, tcpFrame } from "./tcp-frame.ts";

/** One frame of each flow, in the same order as our packet source has them. */
export function writeCapture(
  file: string,
  flows: number,
  frame: (client: number) => TcpFrame = (source) => ({ ...FIRST_FLOW, source }),
): void {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(FRAME_BYTES, 8);
  record.writeUInt32LE(FRAME_BYTES, 12);
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2_c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0xffff, 16);
  head.writeUInt32LE(1, 20);
  const frames = [...shuffled(flows)].flatMap((flow) => [record, tcpFrame(frame(SOURCE_BASE + flow))]);
  writeFileSync(file, Buffer.concat([head, ...frames]));
}

/** A device that plays the file for ever: at its start it takes all frames into buffers, and hands out copies of them. */
export function captureDevice(name: string, file: string): string {
  return `net_pcap_${name},rx_pcap=${file},infinite_rx=1`;
}
