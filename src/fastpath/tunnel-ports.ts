/**
 * Tunnel ports of a worker: their sockets in this process's network namespace.
 *
 * Invariants: a socket is closed only after the worker has passed a quiescent point. A host without IPv6 (or without IPv4) has
 *   tunnels over the other one; a UDP port that somebody else holds is an error.
 */
import { PORT_KIND_TUNNEL } from "../../assembly/layout/port.ts";
import { TUNNEL_SENDER_COUNT } from "../../assembly/layout/tunnel.ts";
import { EAFNOSUPPORT, SystemCallError } from "../kernel/errno.ts";
import type { Readiness } from "../kernel/readiness.ts";
import { close } from "../kernel/system-calls.ts";
import { type AddressFamily, AF_INET, AF_INET6, openTunnelReceivers, openTunnelSender } from "../kernel/udp-socket.ts";
import type { PortStatistics, PortStatus } from "./datapath.ts";
import { PortRecords } from "./port-records.ts";
import { NO_SOCKETS, TUNNEL_MTU, TunnelRecords, type TunnelSockets, type TunnelSpec } from "./tunnel-records.ts";
import { datagramTag } from "./worker-messages.ts";

interface TunnelPort {
  readonly status: PortStatus;
  readonly record: number;
  readonly ipv4: TunnelSockets;
  readonly ipv6: TunnelSockets;
}

export class TunnelPorts {
  readonly #ports = new Map<number, TunnelPort>();
  readonly #portRecords: PortRecords;
  readonly #tunnelRecords: TunnelRecords;
  readonly #readiness: Readiness;
  readonly #passed: () => Promise<void>;

  /** `passed` resolves when the worker has finished every batch that was under way. */
  constructor(memory: WebAssembly.Memory, readiness: Readiness, passed: () => Promise<void>) {
    this.#portRecords = new PortRecords(memory);
    this.#tunnelRecords = new TunnelRecords(memory);
    this.#readiness = readiness;
    this.#passed = passed;
  }

  has(number: number): boolean {
    return this.#ports.has(number);
  }

  list(): readonly PortStatus[] {
    return [...this.#ports.values()].map(({ status }) => status);
  }

  statistics(number: number): PortStatistics {
    return this.#portRecords.statistics(number, 0);
  }

  add(spec: TunnelSpec, number: number): PortStatus {
    const ipv4 = openSockets(AF_INET, spec.destinationPort);
    let ipv6 = NO_SOCKETS;
    try {
      ipv6 = openSockets(AF_INET6, spec.destinationPort);
      const record = this.#tunnelRecords.allocate(spec, ipv4, ipv6);
      const status: PortStatus = { number, name: spec.name, kind: "tunnel", up: true, mtu: TUNNEL_MTU };
      const port = { kind: PORT_KIND_TUNNEL, features: 0, mtu: TUNNEL_MTU, descriptor: -1, window: record };
      this.#portRecords.publish(number, port, true);
      this.#ports.set(number, { status, record, ipv4, ipv6 });
    } catch (error) {
      closeSockets(ipv4);
      closeSockets(ipv6);
      throw error;
    }
    [...receiversOf(ipv4, 0), ...receiversOf(ipv6, 2)].forEach(([descriptor, index]) => {
      this.#readiness.add(descriptor, datagramTag(number, index));
    });
    return this.#ports.get(number)!.status;
  }

  async remove(number: number): Promise<void> {
    const { record, ipv4, ipv6 } = this.#ports.get(number)!;
    this.#portRecords.free(number);
    for (const descriptor of [...ipv4.receivers, ...ipv6.receivers]) this.#readiness.remove(descriptor);
    await this.#passed();
    this.#ports.delete(number);
    closeSockets(ipv4);
    closeSockets(ipv6);
    this.#tunnelRecords.free(record);
  }

  /** Closes every socket. The worker has stopped. */
  close(): void {
    for (const { ipv4, ipv6 } of this.#ports.values()) {
      closeSockets(ipv4);
      closeSockets(ipv6);
    }
    this.#ports.clear();
  }
}

const receiversOf = ({ receivers }: TunnelSockets, first: number): [number, number][] =>
  receivers.map((descriptor, i) => [descriptor, first + i]);

function openSockets(family: AddressFamily, port: number): TunnelSockets {
  const senders: number[] = [];
  let receivers: number[] = [];
  try {
    receivers = openTunnelReceivers(family, port);
    for (let i = 0; i < TUNNEL_SENDER_COUNT; i++) senders.push(openTunnelSender(family));
    return { senders, receivers };
  } catch (error) {
    closeSockets({ senders, receivers });
    if (error instanceof SystemCallError && error.errno === EAFNOSUPPORT) return NO_SOCKETS;
    throw error;
  }
}

function closeSockets({ senders, receivers }: TunnelSockets): void {
  for (const descriptor of [...senders, ...receivers]) close(descriptor);
}
