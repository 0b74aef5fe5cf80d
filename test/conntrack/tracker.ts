/** The tracker of the test build: frames in, ct fields and frames out, on a clock of the test's own. */
import { CONTROL_HASH_SEED, CONTROL_NOW, CONTROL_RANDOM } from "../../assembly/layout/control.ts";
import { COUNTER_DROP } from "../../assembly/layout/counter.ts";
import {
  KEY_CT_IPV6_DST,
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_NW_DST,
  KEY_CT_NW_PROTO,
  KEY_CT_NW_SRC,
  KEY_CT_STATE,
  KEY_CT_TP_DST,
  KEY_CT_TP_SRC,
  KEY_CT_ZONE,
} from "../../assembly/layout/key.ts";
import { PACKET_BATCH_NEXT, PACKET_BUCKET, PACKET_CONNECTION } from "../../assembly/layout/packet.ts";
import {
  CT_FLAG_COMMIT,
  CT_FLAG_FORCE,
  CT_FLAG_LABEL,
  CT_FLAG_MARK,
  CT_FLAG_NAT,
  CT_HELPER_FTP,
  CT_HELPER_TFTP,
  NAT_FLAG_ADDRESS,
  NAT_FLAG_DST,
  NAT_FLAG_HASH,
  NAT_FLAG_IPV6,
  NAT_FLAG_PERSISTENT,
  NAT_FLAG_PORTS,
  NAT_FLAG_RANDOM,
  NAT_FLAG_SRC,
  OP_CT,
  OP_CT_FLAGS,
  OP_CT_HELPER,
  OP_CT_LABEL,
  OP_CT_LABEL_MASK,
  OP_CT_MARK,
  OP_CT_MARK_MASK,
  OP_CT_NAT_FLAGS,
  OP_CT_NAT_MAX,
  OP_CT_NAT_MIN,
  OP_CT_NAT_PORT_MAX,
  OP_CT_NAT_PORT_MIN,
  OP_CT_SIZE,
  OP_CT_TIMEOUT_POLICY,
  OP_CT_ZONE,
} from "../../assembly/layout/program.ts";
import { ARENA_BASE, CONTROL_BASE, COUNTERS_BASE } from "../../assembly/memory.ts";
import { CommandRing } from "../../src/fastpath/command-ring.ts";
import { FastpathConntrack } from "../../src/fastpath/conntrack.ts";
import { connectionText } from "../../src/fastpath/conntrack-text.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { frameOf, keyOf, listOf, type Placement, placeFrame } from "../model/packet-record.ts";
import { end, endText, stateText } from "./text.ts";

export interface Ct {
  readonly zone?: number;
  readonly commit?: boolean;
  readonly force?: boolean;
  readonly mark?: readonly [value: number, mask: number];
  readonly label?: readonly [value: bigint, mask: bigint];
  /** "" = nat without a type; "src", "dst=10.0.0.1", "src=10.0.0.1-10.0.0.9:1000-2000", "dst=[fd00::1]:80" … */
  readonly nat?: string;
  readonly natFlags?: "random" | "hash" | "persistent";
  readonly helper?: "ftp" | "tftp";
  readonly policy?: number;
}

export interface Outcome {
  /** "+est+trk"; with `dropped` empty. */
  readonly state: string;
  readonly zone: number;
  readonly mark: number;
  readonly label: bigint;
  /** The original tuple in the key, "tcp-number:source>destination". */
  readonly tuple: string;
  readonly frame: Uint8Array;
  readonly connection: number;
}

const INSTRUCTION = ARENA_BASE;
const BUCKET = ARENA_BASE + 4096;

function bytes128(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => Number((value >> BigInt((15 - index) * 8)) & 0xffn));
}

export function number128(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export interface NatText {
  readonly flags: number;
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly portMin: number;
  readonly portMax: number;
}

const NAT_PATTERN = /^(src|dst)(?:=(?:(\[[^\]]+\]|[\d.]+)(?:-(\[[^\]]+\]|[\d.]+))?)?(?::(\d+)(?:-(\d+))?)?)?$/;

export function parseNat(text: string, extra: Ct["natFlags"]): NatText {
  const extraFlag = { random: NAT_FLAG_RANDOM, hash: NAT_FLAG_HASH, persistent: NAT_FLAG_PERSISTENT };
  const none = { flags: 0, min: new Uint8Array(16), max: new Uint8Array(16), portMin: 0, portMax: 0 };
  if (text === "") return none;
  const match = NAT_PATTERN.exec(text);
  if (match === null) throw new Error(`no nat: ${text}`);
  let flags = match[1] === "src" ? NAT_FLAG_SRC : NAT_FLAG_DST;
  if (extra !== undefined) flags |= extraFlag[extra];
  if (match[2] !== undefined) flags |= NAT_FLAG_ADDRESS | (match[2].startsWith("[") ? NAT_FLAG_IPV6 : 0);
  if (match[4] !== undefined) flags |= NAT_FLAG_PORTS;
  return {
    flags,
    min: match[2] === undefined ? none.min : end(match[2]).address,
    max: match[2] === undefined ? none.max : end(match[3] ?? match[2]).address,
    portMin: Number(match[4] ?? 0),
    portMax: Number(match[5] ?? match[4] ?? 0),
  };
}

export class Tracker {
  readonly fastPath: FastPath;
  readonly conntrack: FastpathConntrack;
  #now = 1_000_000;

  constructor() {
    this.fastPath = instantiateFastPath();
    const { view, call, bytes } = this.fastPath;
    view.setUint32(CONTROL_BASE + CONTROL_HASH_SEED, 1, true);
    view.setBigUint64(CONTROL_BASE + CONTROL_RANDOM, 0x1234_5678_9abc_def0n, true);
    this.advance(0);
    call.initialize();
    const memory = { buffer: bytes.buffer } as unknown as WebAssembly.Memory;
    this.conntrack = new FastpathConntrack(memory, new CommandRing(memory, () => call.applyCommands(1000)));
  }

  /** Milliseconds on the virtual clock. */
  get now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    this.fastPath.view.setBigUint64(CONTROL_BASE + CONTROL_NOW, BigInt(this.#now), true);
  }

  sweep(budget = 1_000_000): void {
    this.fastPath.call.conntrackSweep(budget);
  }

  dropped(reason: number): number {
    return this.counter(COUNTER_DROP + reason);
  }

  counter(index: number): number {
    return Number(this.fastPath.view.getBigUint64(COUNTERS_BASE + index * 8, true));
  }

  /** One ct after the other on the same packet, ct(zone=0) when none is given; undefined when it was dropped or is held. */
  track(frame: Uint8Array, ...actions: Ct[]): Outcome | undefined {
    const outcomes = this.trackAll(frame, actions.length === 0 ? [{}] : actions);
    return outcomes.length === 0 ? undefined : outcomes[0];
  }

  /** The packet after a ct(zone) or what is given, as ct_state text; "dropped" when it is gone. */
  state(frame: Uint8Array, ...actions: Ct[]): string {
    return this.track(frame, ...actions)?.state ?? "dropped";
  }

  /** A parsed packet, for `step`. The last one is gone. */
  place(frame: Uint8Array, placement: Placement & { bucket?: number } = {}): number {
    const { call, view } = this.fastPath;
    call.resetPool();
    const packet = placeFrame(this.fastPath, frame, placement);
    call.parse(packet);
    if (placement.bucket !== undefined) view.setUint32(packet + PACKET_BUCKET, placement.bucket, true);
    return packet;
  }

  /** The packets that go on after one ct of one packet. */
  step(packet: number, action: Ct): number[] {
    this.writeInstruction(INSTRUCTION, action);
    // A packet that goes on alone is a list of one.
    this.fastPath.view.setUint32(packet + PACKET_BATCH_NEXT, 0, true);
    return listOf(this.fastPath, this.fastPath.call.track(packet, INSTRUCTION) >>> 0);
  }

  /** Every packet that goes on after all the actions: more than one for a datagram's fragments. */
  trackAll(frame: Uint8Array, actions: readonly Ct[], placement: Placement & { bucket?: number } = {}): Outcome[] {
    let packets = [this.place(frame, placement)];
    for (const action of actions) packets = packets.flatMap((packet) => this.step(packet, action));
    return packets.map((packet) => this.outcome(packet));
  }

  /** A zeroed bucket counter record. */
  get bucket(): number {
    return BUCKET;
  }

  writeInstruction(address: number, ct: Ct): void {
    const { view, bytes } = this.fastPath;
    bytes.fill(0, address, address + OP_CT_SIZE);
    let flags = 0;
    if (ct.commit) flags |= CT_FLAG_COMMIT;
    if (ct.force) flags |= CT_FLAG_FORCE;
    if (ct.mark !== undefined) {
      flags |= CT_FLAG_MARK;
      view.setUint32(address + OP_CT_MARK, ct.mark[0]);
      view.setUint32(address + OP_CT_MARK_MASK, ct.mark[1]);
    }
    if (ct.label !== undefined) {
      flags |= CT_FLAG_LABEL;
      bytes.set(bytes128(ct.label[0]), address + OP_CT_LABEL);
      bytes.set(bytes128(ct.label[1]), address + OP_CT_LABEL_MASK);
    }
    if (ct.nat !== undefined) {
      flags |= CT_FLAG_NAT;
      const nat = parseNat(ct.nat, ct.natFlags);
      view.setUint32(address + OP_CT_NAT_FLAGS, nat.flags, true);
      view.setUint16(address + OP_CT_NAT_PORT_MIN, nat.portMin, true);
      view.setUint16(address + OP_CT_NAT_PORT_MAX, nat.portMax, true);
      bytes.set(nat.min, address + OP_CT_NAT_MIN);
      bytes.set(nat.max, address + OP_CT_NAT_MAX);
    }
    view.setUint32(address, OP_CT, true);
    view.setUint32(address + OP_CT_FLAGS, flags, true);
    view.setUint16(address + OP_CT_ZONE, ct.zone ?? 0, true);
    view.setUint16(address + OP_CT_TIMEOUT_POLICY, ct.policy ?? 0, true);
    const helper = ct.helper === "ftp" ? CT_HELPER_FTP : ct.helper === "tftp" ? CT_HELPER_TFTP : 0;
    view.setUint32(address + OP_CT_HELPER, helper, true);
  }

  outcome(packet: number): Outcome {
    const key = keyOf(this.fastPath, packet);
    const view = new DataView(key.buffer);
    const ipv6 = key.subarray(KEY_CT_IPV6_SRC, KEY_CT_IPV6_SRC + 32).some((byte) => byte !== 0);
    const source = ipv6
      ? key.slice(KEY_CT_IPV6_SRC, KEY_CT_IPV6_SRC + 16)
      : key.slice(KEY_CT_NW_SRC, KEY_CT_NW_SRC + 4);
    const destination = ipv6
      ? key.slice(KEY_CT_IPV6_DST, KEY_CT_IPV6_DST + 16)
      : key.slice(KEY_CT_NW_DST, KEY_CT_NW_DST + 4);
    return {
      state: stateText(view.getUint16(KEY_CT_STATE)),
      zone: view.getUint16(KEY_CT_ZONE),
      mark: view.getUint32(KEY_CT_MARK),
      label: number128(key.subarray(KEY_CT_LABEL, KEY_CT_LABEL + 16)),
      tuple:
        `${key[KEY_CT_NW_PROTO]}:${endText(source, view.getUint16(KEY_CT_TP_SRC))}` +
        `>${endText(destination, view.getUint16(KEY_CT_TP_DST))}`,
      frame: frameOf(this.fastPath, packet),
      connection: this.fastPath.view.getUint32(packet + PACKET_CONNECTION, true),
    };
  }

  /** dump-conntrack, sorted. */
  dump(more = false): string[] {
    return [...this.conntrack.connections()].map((connection) => connectionText(connection, { more })).sort();
  }

  flushAll(): void {
    this.conntrack.flush();
  }
}
