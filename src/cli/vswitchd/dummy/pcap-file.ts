/**
 * A capture file that grows: what a dummy port received or sent, for `ovs-ofctl parse-pcap` and tcpdump.
 *
 *     file:   magic a1b2c3d4 │ version 2.4 │ zone 0 │ accuracy 0 │ longest frame │ 1 = Ethernet      (host byte order)
 *     packet: seconds │ microseconds │ bytes here │ bytes of the frame │ the frame
 */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";

const MAGIC = 0xa1b2c3d4;
const ETHERNET = 1;
const LONGEST = 1518;
const PACKET_HEADER = 16;

export class PcapFile {
  readonly #descriptor: number;

  /** Goes on where the file ends. @throws the file system's error */
  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
    if (fstatSync(this.#descriptor).size === 0) writeSync(this.#descriptor, fileHeader());
  }

  /** In the file when it returns: whoever waits for a packet reads the file. */
  write(frame: Uint8Array): void {
    const milliseconds = Date.now();
    const record = Buffer.alloc(PACKET_HEADER + frame.length);
    record.writeUInt32LE(Math.floor(milliseconds / 1000), 0);
    record.writeUInt32LE((milliseconds % 1000) * 1000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    record.set(frame, PACKET_HEADER);
    writeSync(this.#descriptor, record);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(LONGEST, 16);
  header.writeUInt32LE(ETHERNET, 20);
  return header;
}
