/**
 * What the kernel makes of a frame: the two programs of src/kernel/bpf/offload-programs.ts said again, over the slots in a datapath's memory.
 *
 * What: looks a frame up as the filter does (headers, hash, comparison, counts, how far TCP is) and edits it as the forwarder does.
 * Invariants: written from the layout's words (assembly/layout/offload.ts), byte by byte, not from the programs: it is the second opinion.
 * Not handled: versions that change during a look-up: nothing happens at the same time here.
 */
import {
  OFFLOAD_FACTOR,
  OFFLOAD_HEADERS,
  SLOT_ACK,
  SLOT_BYTES,
  SLOT_BYTES_0,
  SLOT_BYTES_2,
  SLOT_BYTES_6,
  SLOT_BYTES_14,
  SLOT_BYTES_22,
  SLOT_BYTES_26,
  SLOT_BYTES_30,
  SLOT_CHECKSUM,
  SLOT_FLAG_IP,
  SLOT_FLAG_TRANSPORT,
  SLOT_FLAG_UDP,
  SLOT_FLAGS,
  SLOT_HASH_FACTOR,
  SLOT_HASH_SHIFT,
  SLOT_IN_IFINDEX,
  SLOT_IP_DELTA,
  SLOT_MAX_LENGTH,
  SLOT_NEW_BYTES_0,
  SLOT_NEW_BYTES_22,
  SLOT_NEW_BYTES_26,
  SLOT_NEW_BYTES_34,
  SLOT_OUT_IFINDEX,
  SLOT_PACKETS,
  SLOT_PORTS_DELTA,
  SLOT_PSEUDO_DELTA,
  SLOT_SEQ_END,
  SLOT_SET_MASK,
  SLOT_SIZE,
  SLOT_VERSION,
  SLOT_WINDOW,
} from "../../assembly/layout/offload.ts";
import { OFFLOAD_BASE, OFFLOAD_SLOTS_BASE } from "../../assembly/memory.ts";

export interface Forwarded {
  readonly ifindex: number;
  readonly frame: Uint8Array;
}

const WORD = (1n << 64n) - 1n;
const TCP = 6;
const UDP = 17;

export class KernelModel {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** What becomes of a frame that comes in at an interface; undefined: it is left to the switch. `gso`: it is a super-packet. */
  forward(ifindex: number, frame: Uint8Array, { gso = false } = {}): Forwarded | undefined {
    if (!isLookedUp(frame)) return undefined;
    const slot = this.find(ifindex, frame);
    if (slot === undefined) return undefined;
    if (!gso && frame.length > this.#view.getUint16(slot + SLOT_MAX_LENGTH, true)) return undefined;
    this.#count(slot, frame);
    return { ifindex: this.#view.getUint32(slot + SLOT_OUT_IFINDEX, true), frame: this.#edit(slot, frame) };
  }

  /** As if `bytes` in that many packets, up to a sequence number, had been forwarded at once: what takes a test too long to send. */
  skip(ifindex: number, frame: Uint8Array, packets: bigint, bytes: bigint, sequence: number): void {
    const slot = this.find(ifindex, frame);
    if (slot === undefined) throw new Error("no such flow is offloaded");
    this.#add(slot + SLOT_PACKETS, packets);
    this.#add(slot + SLOT_BYTES, bytes);
    this.#view.setUint32(slot + SLOT_SEQ_END, sequence, true);
  }

  /** Address of the slot that a frame's headers name. */
  find(ifindex: number, frame: Uint8Array): number | undefined {
    const first = this.setOf(ifindex, frame);
    return [first, first + 1]
      .map((slot) => OFFLOAD_SLOTS_BASE + slot * SLOT_SIZE)
      .find((slot) => this.#isFor(slot, ifindex, frame));
  }

  /** Number of the first slot of a frame's set. */
  setOf(ifindex: number, frame: Uint8Array): number {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    let hash =
      view.getBigUint64(30, true) +
      ((BigInt(ifindex) << 32n) | BigInt(view.getUint32(26, true))) * BigInt(SLOT_HASH_FACTOR);
    hash &= WORD;
    hash ^= hash >> 32n;
    hash = (hash * this.#view.getBigUint64(OFFLOAD_BASE + OFFLOAD_FACTOR, true)) & WORD;
    return Number((hash >> BigInt(SLOT_HASH_SHIFT)) & BigInt(SLOT_SET_MASK));
  }

  #isFor(slot: number, ifindex: number, frame: Uint8Array): boolean {
    const same = (field: number, offset: number, length: number): boolean =>
      Buffer.compare(
        this.#bytes.subarray(slot + field, slot + field + length),
        frame.subarray(offset, offset + length),
      ) === 0;
    return (
      this.#view.getUint32(slot + SLOT_VERSION, true) !== 0 &&
      this.#view.getUint32(slot + SLOT_IN_IFINDEX, true) === ifindex &&
      same(SLOT_BYTES_0, 0, 2) &&
      same(SLOT_BYTES_2, 2, 4) &&
      same(SLOT_BYTES_6, 6, 8) &&
      same(SLOT_BYTES_14, 14, 2) &&
      same(SLOT_BYTES_22, 22, 2) &&
      same(SLOT_BYTES_26, 26, 4) &&
      same(SLOT_BYTES_30, 30, 8)
    );
  }

  #count(slot: number, frame: Uint8Array): void {
    this.#add(slot + SLOT_PACKETS, 1n);
    this.#add(slot + SLOT_BYTES, BigInt(frame.length));
    if (frame[23] !== TCP) return;
    const headers = viewOf(frame);
    const payload = headers.getUint16(16) - 20 - (frame[46] >> 4) * 4;
    this.#advance(slot + SLOT_SEQ_END, (headers.getUint32(38) + payload) >>> 0);
    this.#advance(slot + SLOT_ACK, headers.getUint32(42));
    this.#view.setUint32(slot + SLOT_WINDOW, headers.getUint16(48), true);
  }

  #add(at: number, value: bigint): void {
    this.#view.setBigUint64(at, this.#view.getBigUint64(at, true) + value, true);
  }

  /** Modulo 2^32. */
  #advance(at: number, value: number): void {
    if (((value - this.#view.getUint32(at, true)) | 0) >= 0) this.#view.setUint32(at, value, true);
  }

  #edit(slot: number, frame: Uint8Array): Uint8Array {
    const edited = frame.slice();
    const view = viewOf(edited);
    const flags = this.#view.getUint32(slot + SLOT_FLAGS, true);
    const put = (offset: number, field: number, length: number): void => {
      edited.set(this.#bytes.subarray(slot + field, slot + field + length), offset);
    };
    if (flags & SLOT_FLAG_IP) {
      view.setUint16(24, changed(view.getUint16(24, true), this.#view.getUint16(slot + SLOT_IP_DELTA, true)), true);
      put(22, SLOT_NEW_BYTES_22, 2);
      put(26, SLOT_NEW_BYTES_26, 8);
    }
    if (flags & SLOT_FLAG_TRANSPORT) {
      put(34, SLOT_NEW_BYTES_34, 4);
      const at = this.#view.getUint32(slot + SLOT_CHECKSUM, true);
      for (const field of [SLOT_PSEUDO_DELTA, SLOT_PORTS_DELTA]) {
        const udp = (flags & SLOT_FLAG_UDP) !== 0;
        if (udp && view.getUint16(at, true) === 0) break; // none: stays none
        const sum = changed(view.getUint16(at, true), this.#view.getUint32(slot + field, true));
        view.setUint16(at, udp && sum === 0 ? 0xffff : sum, true);
      }
    }
    put(0, SLOT_NEW_BYTES_0, 12);
    return edited;
  }
}

/** Whether the filter looks the frame up at all. */
function isLookedUp(frame: Uint8Array): boolean {
  if (frame.length < OFFLOAD_HEADERS) return false;
  const view = viewOf(frame);
  if (view.getUint16(20) & 0x3fff) return false;
  const total = view.getUint16(16);
  if (total + 14 > frame.length) return false;
  if (frame[23] === UDP) return view.getUint16(38) >= 8 && view.getUint16(38) + 20 <= total;
  const header = (frame[46] >> 4) * 4;
  return frame[23] === TCP && header >= 20 && header + 20 <= total && (frame[47] & 0x17) === 0x10;
}

/** A checksum after words have changed (RFC 1624), as bytes stand in memory. */
function changed(checksum: number, delta: number): number {
  let sum = (~checksum & 0xffff) + delta;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

const viewOf = (frame: Uint8Array): DataView => new DataView(frame.buffer, frame.byteOffset, frame.length);
