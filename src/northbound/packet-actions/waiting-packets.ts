/**
 * Packets that wait for their next hop's Ethernet address.
 *
 * Bounded three ways, since anybody can send to addresses that do not exist: packets a next hop, next hops, and seconds.
 */
import type { PacketOut } from "./packet-action.ts";

const PACKETS_PER_HOP = 4;
const HOPS = 256;
const SECONDS = 10;

interface Queue {
  readonly packets: PacketOut[];
  readonly since: number;
}

export class WaitingPackets {
  readonly #queues = new Map<string, Queue>();
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The oldest packet of a full queue gives way. */
  hold(port: string, address: string, packet: PacketOut): void {
    this.#expire();
    const key = `${port} ${address}`;
    const queue = this.#queues.get(key) ?? { packets: [], since: this.#now() };
    queue.packets.push(packet);
    if (queue.packets.length > PACKETS_PER_HOP) queue.packets.shift();
    this.#queues.set(key, queue);
    if (this.#queues.size > HOPS) this.#queues.delete(this.#queues.keys().next().value!);
  }

  release(port: string, address: string): readonly PacketOut[] {
    this.#expire();
    const key = `${port} ${address}`;
    const queue = this.#queues.get(key);
    this.#queues.delete(key);
    return queue?.packets ?? [];
  }

  #expire(): void {
    const limit = this.#now() - SECONDS * 1000;
    for (const [key, { since }] of this.#queues) if (since < limit) this.#queues.delete(key);
  }
}
