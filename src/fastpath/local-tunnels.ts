/** Tunnel ports in memory: datagrams as their sockets would take and give them. */
import { TUN_FLAG_CSUM, TUN_FLAG_DF } from "../../assembly/layout/key.ts";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM } from "../../assembly/layout/packet.ts";
import { PORT_WINDOW } from "../../assembly/layout/port.ts";
import {
  ARRIVAL_CONTROL_SIZE,
  ARRIVAL_CONTROLS,
  ARRIVAL_MESSAGES,
  ARRIVAL_NAMES,
  DETAIL_CONTROL,
  DETAIL_FLAGS,
  DETAIL_FRAME_BYTES,
  DETAIL_NAME,
  DETAIL_PACKETS,
  DETAIL_SENDER,
  DETAIL_SIZE,
  TUNNEL_DETAILS,
  TUNNEL_MESSAGES,
  TUNNEL_SENDER_COUNT,
} from "../../assembly/layout/tunnel.ts";
import { BUFFERS_BASE, TUNNEL_ARRIVALS_BASE } from "../../assembly/memory.ts";
import { TunnelRecords, type TunnelSpec } from "./tunnel-records.ts";

/** One UDP datagram, or several of equal length in a row (`segment`), with what its sockets say of the outer headers. */
export interface Datagram {
  /** From the tunnel header on. */
  readonly payload: Uint8Array;
  /** Where the kernel cuts it, in bytes; 0 = nowhere. */
  readonly segment: number;
  /** 4 or 16 bytes; undefined when sent: the kernel chooses. */
  readonly source?: Uint8Array;
  readonly destination: Uint8Array;
  /** Of the sender when received; of the receiver when sent. */
  readonly port: number;
  readonly ttl: number;
  readonly tos: number;
  readonly checksum: boolean;
  readonly dontFragment?: boolean;
  /** When sent: which of the sending sockets, the inner packets in it and their bytes. */
  readonly sender?: number;
  readonly packets?: number;
  readonly frameBytes?: number;
}

type SentDatagram = Datagram & { readonly packets: number; readonly frameBytes: number };

const AF_INET = 2;
const AF_INET6 = 10;
const SOL_IP = 0;
const SOL_UDP = 17;
const SOL_IPV6 = 41;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;
const IPV6_TCLASS = 67;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const MESSAGE_SIZE = 64;
const VECTOR_SIZE = 16;
const CONTROL_HEADER = 16;

export class LocalTunnels {
  readonly #records: TunnelRecords;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#records = new TunnelRecords(memory);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Address of the port's tunnel record; its sockets' descriptors stand for nothing. */
  open(spec: TunnelSpec): number {
    const sockets = { senders: Array.from({ length: TUNNEL_SENDER_COUNT }, (_, i) => i), receivers: [0, 1] };
    return this.#records.allocate(spec, sockets, sockets);
  }

  /** What a queue of `count` messages holds. Host addresses are linear offsets here. */
  take(portRecord: number, count: number): SentDatagram[] {
    const tunnel = this.#view.getUint32(portRecord + PORT_WINDOW, true);
    return Array.from({ length: count }, (_, i) => this.#read(tunnel, i));
  }

  /** Puts a datagram where the kernel would have put the first of a call. */
  arrive({ payload, segment, source, destination, port, ttl, tos }: Datagram): void {
    const view = this.#view;
    const message = TUNNEL_ARRIVALS_BASE + ARRIVAL_MESSAGES;
    const name = TUNNEL_ARRIVALS_BASE + ARRIVAL_NAMES;
    const controls = TUNNEL_ARRIVALS_BASE + ARRIVAL_CONTROLS;
    if (payload.length > BUFFER_SIZE - PACKET_MIN_HEADROOM) throw new RangeError("a datagram of more than a buffer");
    this.#bytes.set(payload, BUFFERS_BASE + PACKET_MIN_HEADROOM);
    view.setUint32(message + 56, payload.length, true);
    const ipv6 = destination.length === 16;
    view.setUint16(name, ipv6 ? AF_INET6 : AF_INET, true);
    view.setUint16(name + 2, port, false);
    this.#bytes.set(source ?? new Uint8Array(destination.length), name + (ipv6 ? 8 : 4));
    const level = ipv6 ? SOL_IPV6 : SOL_IP;
    let at = controls;
    const put = (controlLevel: number, type: number, data: Uint8Array): void => {
      if (at + CONTROL_HEADER + data.length > controls + ARRIVAL_CONTROL_SIZE) throw new RangeError("controls");
      view.setBigUint64(at, BigInt(CONTROL_HEADER + data.length), true);
      view.setUint32(at + 8, controlLevel, true);
      view.setUint32(at + 12, type, true);
      this.#bytes.set(data, at + CONTROL_HEADER);
      at += CONTROL_HEADER + ((data.length + 7) & ~7);
    };
    put(level, ipv6 ? IPV6_HOPLIMIT : IP_TTL, Uint8Array.of(ttl, 0, 0, 0));
    put(level, ipv6 ? IPV6_TCLASS : IP_TOS, ipv6 ? Uint8Array.of(tos, 0, 0, 0) : Uint8Array.of(tos));
    if (ipv6) put(level, IPV6_PKTINFO, Uint8Array.of(...destination, 1, 0, 0, 0));
    else put(level, IP_PKTINFO, Uint8Array.of(1, 0, 0, 0, ...destination, ...destination));
    if (segment > 0) put(SOL_UDP, UDP_GRO, Uint8Array.of(segment & 0xff, segment >> 8, 0, 0));
    view.setBigUint64(message + 40, BigInt(at - controls), true);
  }

  #read(tunnel: number, index: number): SentDatagram {
    const view = this.#view;
    const message = tunnel + TUNNEL_MESSAGES + index * MESSAGE_SIZE;
    const detail = tunnel + TUNNEL_DETAILS + index * DETAIL_SIZE;
    const name = detail + DETAIL_NAME;
    const ipv6 = view.getUint16(name, true) === AF_INET6;
    const flags = view.getUint32(detail + DETAIL_FLAGS, true);
    return {
      payload: this.#gather(view.getUint32(message + 16, true), view.getUint32(message + 24, true)),
      destination: ipv6 ? this.#bytes.slice(name + 8, name + 24) : this.#bytes.slice(name + 4, name + 8),
      port: view.getUint16(name + 2, false),
      checksum: (flags & TUN_FLAG_CSUM) !== 0,
      dontFragment: (flags & TUN_FLAG_DF) !== 0,
      sender: view.getUint32(detail + DETAIL_SENDER, true),
      packets: view.getUint32(detail + DETAIL_PACKETS, true),
      frameBytes: view.getUint32(detail + DETAIL_FRAME_BYTES, true),
      ...this.#controls(detail + DETAIL_CONTROL, view.getUint32(message + 40, true)),
    };
  }

  #gather(vectors: number, count: number): Uint8Array {
    const pieces = Array.from({ length: count }, (_, i) => {
      const base = this.#view.getUint32(vectors + i * VECTOR_SIZE, true);
      return this.#bytes.subarray(base, base + this.#view.getUint32(vectors + i * VECTOR_SIZE + 8, true));
    });
    return new Uint8Array(Buffer.concat(pieces));
  }

  #controls(start: number, length: number): Pick<Datagram, "segment" | "source" | "ttl" | "tos"> {
    const found = { segment: 0, source: undefined as Uint8Array | undefined, ttl: 0, tos: 0 };
    for (let at = start; at < start + length; ) {
      const size = this.#view.getUint32(at, true);
      const level = this.#view.getUint32(at + 8, true);
      const type = this.#view.getUint32(at + 12, true);
      const data = at + CONTROL_HEADER;
      if (level === SOL_UDP && type === UDP_SEGMENT) found.segment = this.#view.getUint16(data, true);
      else if (type === IP_TTL || type === IPV6_HOPLIMIT) found.ttl = this.#view.getUint32(data, true);
      else if (type === IP_TOS || type === IPV6_TCLASS) found.tos = this.#view.getUint32(data, true);
      else if (type === IP_PKTINFO) found.source = this.#bytes.slice(data + 4, data + 8);
      else if (type === IPV6_PKTINFO) found.source = this.#bytes.slice(data, data + 16);
      at += (size + 7) & ~7;
    }
    return found;
  }
}
