/**
 * What stands behind a dummy port: capture files, a stream to another dummy port, addresses that answer ARP.
 *
 * Options, as the database has them: `pcap` (both ways) or `rxq_pcap` and `tx_pcap`: files, from the daemon's directory on;
 * `pstream` or `stream`: packet-stream.ts; `ifindex`.
 */
import { openPacketStream, type PacketStream } from "./packet-stream.ts";
import { PcapFile } from "./pcap-file.ts";

export type DummyOptions = ReadonlyMap<string, string>;

export interface DummyDeviceOptions {
  /** A frame has come by the stream. */
  readonly receive: (frame: Uint8Array) => void;
  readonly warn: (text: string) => void;
}

export class DummyDevice {
  readonly #options: DummyDeviceOptions;
  #received: PcapFile | undefined;
  #sent: PcapFile | undefined;
  #stream: PacketStream | undefined;

  constructor(options: DummyDeviceOptions) {
    this.#options = options;
  }

  /** undefined: it has no stream, or one that only waits for others. */
  get connected(): boolean | undefined {
    return this.#stream?.connected;
  }

  configure(options: DummyOptions): void {
    this.#closeFiles();
    const both = options.get("pcap");
    this.#received = this.#open(both ?? options.get("rxq_pcap"));
    this.#sent = both === undefined ? this.#open(options.get("tx_pcap")) : this.#received;
    const [waiting, calling] = [options.get("pstream"), options.get("stream")];
    if (waiting !== undefined && calling !== undefined) {
      this.#options.warn(`Open failed: both ${waiting} and ${calling} are configured`);
      return;
    }
    const address = waiting ?? calling;
    if (address === this.#stream?.address) return;
    this.#stream?.close();
    const { receive, warn } = this.#options;
    this.#stream = address === undefined ? undefined : openPacketStream(address, { receive, log: warn });
  }

  /** A frame that goes into the switch by this port. */
  received(frame: Uint8Array): void {
    this.#received?.write(frame);
  }

  /** A frame that leaves the switch by this port. */
  sent(frame: Uint8Array): void {
    this.#stream?.send(frame);
    this.#sent?.write(frame);
  }

  close(): void {
    this.#stream?.close();
    this.#closeFiles();
  }

  #open(path: string | undefined): PcapFile | undefined {
    if (path === undefined) return undefined;
    try {
      return new PcapFile(path);
    } catch (error) {
      this.#options.warn(`${path}: failed to open pcap file for appending (${(error as Error).message})`);
      return undefined;
    }
  }

  #closeFiles(): void {
    this.#received?.close();
    if (this.#sent !== this.#received) this.#sent?.close();
    this.#received = undefined;
    this.#sent = undefined;
  }
}
