/** Tunnel records in linear memory (TUNNEL_* of assembly/layout/tunnel.ts), as the main thread writes them; MAX_TUNNELS of them. */
import { TUNNEL_GENEVE, TUNNEL_VXLAN } from "../../assembly/layout/program.ts";
import {
  MAX_TUNNELS,
  TUNNEL_BUNDLES,
  TUNNEL_KIND,
  TUNNEL_RECEIVERS,
  TUNNEL_SENDER_COUNT,
  TUNNEL_SENDERS,
  TUNNEL_UDP_PORT,
} from "../../assembly/layout/tunnel.ts";
import { TUNNEL_STRIDE, TUNNELS_BASE } from "../../assembly/memory.ts";
import type { PortSpec } from "./datapath.ts";

export type TunnelSpec = Extract<PortSpec, { kind: "tunnel" }>;

/** Descriptors by address family; a family the host does not have has none. */
export interface TunnelSockets {
  readonly senders: readonly number[];
  /** For datagrams without, and with an outer checksum. */
  readonly receivers: readonly number[];
}

export const NO_SOCKETS: TunnelSockets = { senders: [], receivers: [] };

/** The longest inner frame is bounded by what a UDP datagram holds, and the underlay's MTU is the kernel's business. */
export const TUNNEL_MTU = 65_000;

export class TunnelRecords {
  readonly #words: Int32Array;
  readonly #free = Array.from({ length: MAX_TUNNELS }, (_, i) => TUNNELS_BASE + i * TUNNEL_STRIDE).reverse();

  constructor(memory: WebAssembly.Memory) {
    this.#words = new Int32Array(memory.buffer);
  }

  /** Address of a new record, with an empty queue. */
  allocate({ name, encapsulation, destinationPort }: TunnelSpec, ipv4: TunnelSockets, ipv6: TunnelSockets): number {
    const address = this.#free.pop();
    if (address === undefined) throw new Error(`${name}: there are ${MAX_TUNNELS} tunnel ports already`);
    const words = this.#words;
    const index = address >> 2;
    words.fill(0, index, index + 64);
    words[index + TUNNEL_KIND / 4] = encapsulation === "geneve" ? TUNNEL_GENEVE : TUNNEL_VXLAN;
    words[index + TUNNEL_UDP_PORT / 4] = destinationPort;
    words[index + TUNNEL_BUNDLES / 4] = 1;
    [ipv4, ipv6].forEach(({ senders, receivers }, family) => {
      const firstSender = index + TUNNEL_SENDERS / 4 + family * TUNNEL_SENDER_COUNT;
      for (let i = 0; i < TUNNEL_SENDER_COUNT; i++) words[firstSender + i] = senders[i % senders.length] ?? -1;
      for (let i = 0; i < 2; i++) words[index + TUNNEL_RECEIVERS / 4 + family * 2 + i] = receivers[i] ?? -1;
    });
    return address;
  }

  free(address: number): void {
    this.#free.push(address);
  }
}
