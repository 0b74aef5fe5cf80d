/** Frames of a classic pcap file (little-endian, Ethernet link type), as tcpdump writes them. */
import { readdirSync, readFileSync } from "node:fs";

const REFERENCE = new URL("../data/reference/", import.meta.url);
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

export function readPcap(path: string | URL): Uint8Array[] {
  const bytes = readFileSync(path);
  if (bytes.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${path}: not a little-endian pcap file`);
  const frames: Uint8Array[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    at += RECORD_HEADER;
    frames.push(Uint8Array.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return frames;
}

/** Every frame that was captured from the reference installation. */
export function referenceFrames(): Uint8Array[] {
  const files = readdirSync(REFERENCE, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".pcap"))
    .sort()
    .flatMap((file) => readPcap(new URL(file, REFERENCE)));
}
