/**
 * TCP connections from clients to a load balancer and back, written straight into the fast path's receive buffers: no object a
 * packet, so that a million connections can be played in memory.
 *
 * Packet 0 of a connection is the client's SYN, 1 the server's SYN-ACK, then pure acknowledgements, client and server in turn.
 * Checksums are vouched for (DATA_VALID), as the kernel vouches for what came through a veth pair.
 */
import { COUNTER_UPCALL } from "../../assembly/layout/counter.ts";
import { BUFFER_SIZE } from "../../assembly/layout/limits.ts";
import { PACKET_MIN_HEADROOM, VNET_HEADER_SIZE } from "../../assembly/layout/packet.ts";
import { BUFFER_LENGTH } from "../../assembly/layout/port.ts";
import { BUFFERS_BASE, COUNTERS_BASE } from "../../assembly/memory.ts";
import type { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { ethernet, ipv4, ipv4Address, tcp } from "../../test/model/frames.ts";
import { check } from "../bench.ts";
import { shuffled } from "../shuffled.ts";
import { BACKENDS, CLIENT_PORT, VIP, ZONE } from "./balancer.ts";

const BATCH = 32;
const CLIENTS = 1000;
const CLIENT_NETWORK = 0x0a00_0000;
const FIRST_PORT = 1024;
export const MOST_CONNECTIONS = CLIENTS * (65536 - FIRST_PORT);
const SERVICE = 8000;
const IPV4_AT = 14;
const TCP_AT = 34;
const SYN = 0x02;
const ACK = 0x10;
const DATA_VALID = 2;

export interface Cost {
  /** On the clock. */
  readonly nanoseconds: number;
  /** All threads of the process. */
  readonly cpuSeconds: number;
}

export class Traffic {
  readonly #datapath: LocalDatapath;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Which connection comes when: neighbours in time share no cache line. */
  readonly #order: Uint32Array;
  /** Backend of each connection. */
  readonly #backends: Uint8Array;

  constructor(datapath: LocalDatapath, connections: number) {
    if (connections > MOST_CONNECTIONS) throw new RangeError(`at most ${MOST_CONNECTIONS} connections`);
    this.#datapath = datapath;
    this.#bytes = new Uint8Array(datapath.memory.buffer);
    this.#view = new DataView(datapath.memory.buffer);
    this.#order = shuffled(connections);
    this.#backends = new Uint8Array(connections);
  }

  /** What the `step`-th packet of every connection costs, without making the packets. */
  play(step: number): Cost {
    const whole = this.#time(step, true);
    const making = this.#time(step, false);
    return {
      nanoseconds: Math.max(0, whole.nanoseconds - making.nanoseconds),
      cpuSeconds: Math.max(0, whole.cpuSeconds - making.cpuSeconds),
    };
  }

  /** Between the first packets and the answers: who has to answer. @throws CheckFailed when a connection is missing. */
  learnBackends(): void {
    let seen = 0;
    for (const { original, reply } of this.#datapath.conntrack.connections(ZONE)) {
      const client = (((original.source[2] << 8) | original.source[3]) >>> 0) % CLIENTS;
      this.#backends[(original.sourcePort - FIRST_PORT) * CLIENTS + client] = reply.source[3];
      seen++;
    }
    const connections = this.#order.length;
    check(seen === connections, `${connections} connections were opened, the tracker has ${seen}`);
    check(
      this.#backends.every((backend) => backend >= 1 && backend <= BACKENDS),
      "a connection leads to no backend",
    );
  }

  #time(step: number, run: boolean): Cost {
    const { fastpath } = this.#datapath;
    const answer = step % 2 === 1;
    const template = makeTemplate(step);
    const count = this.#order.length;
    const counters = new BigUint64Array(this.#datapath.memory.buffer, COUNTERS_BASE);
    let upcalls = counters[COUNTER_UPCALL];
    const cpuStart = process.cpuUsage();
    const start = process.hrtime.bigint();
    for (let at = 0; at < count; ) {
      // A batch comes from one port: answers of one backend, the longest run there is.
      const first = this.#order[at];
      const port = answer ? CLIENT_PORT + this.#backends[first] : CLIENT_PORT;
      let frames = 0;
      while (frames < BATCH && at < count) {
        const connection = this.#order[at];
        if (answer && CLIENT_PORT + this.#backends[connection] !== port) break;
        this.#write(frames++, template, connection, answer);
        at++;
      }
      if (!run) continue;
      fastpath.runBuffers(port, frames);
      if (counters[COUNTER_UPCALL] !== upcalls) {
        this.#datapath.run();
        upcalls = counters[COUNTER_UPCALL];
      }
    }
    const nanoseconds = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpuStart);
    return { nanoseconds, cpuSeconds: (user + system) / 1e6 };
  }

  #write(slot: number, template: Uint8Array, connection: number, answer: boolean): void {
    const buffer = BUFFERS_BASE + slot * BUFFER_SIZE;
    const frame = buffer + PACKET_MIN_HEADROOM;
    const view = this.#view;
    view.setUint32(buffer + BUFFER_LENGTH, template.length, true);
    view.setUint32(frame - VNET_HEADER_SIZE, DATA_VALID, true);
    view.setUint32(frame - VNET_HEADER_SIZE + 4, 0, true);
    view.setUint16(frame - VNET_HEADER_SIZE + 8, 0, true);
    this.#bytes.set(template, frame);
    const client = CLIENT_NETWORK + (connection % CLIENTS);
    const port = FIRST_PORT + Math.floor(connection / CLIENTS);
    let sum = (client >>> 16) + (client & 0xffff);
    if (answer) {
      view.setUint32(frame + IPV4_AT + 16, client);
      view.setUint16(frame + TCP_AT + 2, port);
      const backend = this.#backends[connection];
      this.#bytes[frame + IPV4_AT + 15] = backend;
      sum += backend;
    } else {
      view.setUint32(frame + IPV4_AT + 12, client);
      view.setUint16(frame + TCP_AT, port);
    }
    // The template's IPv4 checksum is that of the header without client and backend.
    sum += ~view.getUint16(frame + IPV4_AT + 10) & 0xffff;
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(frame + IPV4_AT + 10, ~((sum & 0xffff) + (sum >>> 16)));
  }
}

/** The `step`-th packet with zeros for what differs between connections. */
function makeTemplate(step: number): Uint8Array {
  const answer = step % 2 === 1;
  const nobody = ipv4Address("0.0.0.0");
  const ip = answer
    ? { source: ipv4Address("10.9.0.0"), destination: nobody }
    : { source: nobody, destination: ipv4Address(VIP) };
  const flags = (step < 2 ? SYN : 0) | (step > 0 ? ACK : 0);
  // Both sides' first sequence number is 1; a SYN takes one.
  const header = { sequence: step < 2 ? 1 : 2, acknowledgement: step === 0 ? 0 : 2, flags };
  const ports = answer ? { source: SERVICE, destination: 0 } : { source: 0, destination: SERVICE };
  return ethernet(0x0800, ipv4(ip, 6, tcp(ip, { ...ports, ...header })));
}
