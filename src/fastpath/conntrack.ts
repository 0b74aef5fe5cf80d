/**
 * The connection tracker seen from the main thread.
 *
 * What: dumps read the records in shared memory; whatever changes something is a command to the worker.
 * Invariants: a record is copied between two looks at its state word, and left out when the state changed meanwhile, so
 *   that a dump never stops the worker and never shows half of one connection and half of another. What was set here
 *   reads back at once, though it is in force only after the worker has taken the command (`barrier`).
 */
import {
  COMMAND_ARGS,
  COMMAND_CT_CONFIG,
  COMMAND_CT_FLUSH,
  COMMAND_CT_LIMIT,
  COMMAND_CT_TIMEOUT,
} from "../../assembly/layout/command.ts";
import {
  CONN_STATE_LIVE,
  CONN_STATE_MASK,
  CT_COUNT,
  CT_DEFAULT_ZONE_LIMIT,
  CT_HIGH_WATER,
  CT_LIMIT,
  CT_SEQUENCE_CHECK,
  CT_ZONE_TABLE,
  MAX_TIMEOUT_POLICIES,
  TIMEOUT_COUNT,
  ZONE_COUNT,
  ZONE_LIMIT,
  ZONE_SIZE,
} from "../../assembly/layout/conntrack.ts";
import {
  CT_CONFIG_FRAGMENT_LIMIT,
  CT_CONFIG_FRAGMENT_MIN_V4,
  CT_CONFIG_FRAGMENT_MIN_V6,
  CT_CONFIG_FRAGMENTS_V4,
  CT_CONFIG_FRAGMENTS_V6,
  CT_CONFIG_MAX_CONNECTIONS,
  CT_CONFIG_SEQUENCE_CHECK,
  CT_FLUSH_SIZE,
  CT_LIMIT_ALL_ZONES,
} from "../../assembly/layout/conntrack-command.ts";
import { CONTROL_NOW } from "../../assembly/layout/control.ts";
import { FRAG_COUNT, FRAG_LIMIT } from "../../assembly/layout/fragments.ts";
import { CONNECTION_SIZE } from "../../assembly/layout/limits.ts";
import {
  CONNECTIONS_BASE,
  CONNTRACK_BASE,
  CONTROL_BASE,
  FRAGMENTS_BASE,
  MAX_CONNECTIONS,
} from "../../assembly/memory.ts";
import type { CommandRing } from "./command-ring.ts";
import { readConnection } from "./connection-record.ts";
import { writeFlushFilter } from "./conntrack-flush.ts";
import type {
  Connection,
  ConnectionTuple,
  Conntrack,
  FragmentStatus,
  HeldDatagram,
  TimeoutPolicy,
} from "./datapath.ts";
import { readFragmentFamily, readHeldDatagrams } from "./fragment-status.ts";
import { timeoutSeconds } from "./timeout-policy.ts";

/** What was set here, to be read back before the worker has taken the command. */
interface Settings {
  maxConnections?: number;
  sequenceChecking?: boolean;
  fragmentLimit?: number;
}

export class FastpathConntrack implements Conntrack {
  readonly #commands: CommandRing;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #given: Settings = {};
  /** Zone limits by zone; `undefined` is the default. Filled from memory once, then by what is set here. */
  #limits: Map<number | undefined, number> | undefined;

  constructor(memory: WebAssembly.Memory, commands: CommandRing) {
    this.#commands = commands;
    this.#view = new DataView(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
  }

  *connections(zone?: number): Generator<Connection> {
    const used = this.#word(CT_HIGH_WATER);
    const copy = new DataView(new ArrayBuffer(CONNECTION_SIZE));
    const bytes = new Uint8Array(copy.buffer);
    const source = new Uint8Array(this.#view.buffer);
    for (let index = 0; index < used; index++) {
      const address = CONNECTIONS_BASE + index * CONNECTION_SIZE;
      const state = Atomics.load(this.#words, address >> 2);
      if ((state & CONN_STATE_MASK) !== CONN_STATE_LIVE) continue;
      bytes.set(source.subarray(address, address + CONNECTION_SIZE));
      if (Atomics.load(this.#words, address >> 2) !== state) continue;
      const now = this.#view.getBigUint64(CONTROL_BASE + CONTROL_NOW, true);
      const connection = readConnection(copy, this.#view, now);
      if (connection === undefined || (zone !== undefined && connection.zone !== zone)) continue;
      yield connection;
    }
  }

  flush(filter: { zone?: number; tuple?: ConnectionTuple } = {}): void {
    this.#commands.send(COMMAND_CT_FLUSH, COMMAND_ARGS + CT_FLUSH_SIZE, (view, record) => {
      writeFlushFilter(view, record + COMMAND_ARGS, filter);
    });
  }

  count(): number {
    return this.#word(CT_COUNT);
  }

  setMaxConnections(limit: number): void {
    this.#given.maxConnections = Math.min(limit, MAX_CONNECTIONS);
    this.#configure(CT_CONFIG_MAX_CONNECTIONS, this.#given.maxConnections);
  }

  maxConnections(): number {
    return this.#given.maxConnections ?? this.#word(CT_LIMIT);
  }

  setTcpSequenceChecking(on: boolean): void {
    this.#given.sequenceChecking = on;
    this.#configure(CT_CONFIG_SEQUENCE_CHECK, on ? 1 : 0);
  }

  tcpSequenceChecking(): boolean {
    return this.#given.sequenceChecking ?? this.#word(CT_SEQUENCE_CHECK) !== 0;
  }

  setZoneLimit(zone: number | undefined, limit: number): void {
    this.#zoneLimits().set(zone, limit);
    this.#sendLimit(zone, limit, true);
  }

  deleteZoneLimit(zone: number): void {
    this.#zoneLimits().delete(zone);
    this.#sendLimit(zone, 0, false);
  }

  zoneLimits(): { default: number; zones: { zone: number; limit: number; count: number }[] } {
    const limits = this.#zoneLimits();
    const zones: { zone: number; limit: number; count: number }[] = [];
    for (const [zone, limit] of limits) {
      if (zone === undefined) continue;
      const count = this.#word(CT_ZONE_TABLE + zone * ZONE_SIZE + ZONE_COUNT);
      zones.push({ zone, limit, count });
    }
    zones.sort((a, b) => a.zone - b.zone);
    return { default: limits.get(undefined) ?? 0, zones };
  }

  setTimeoutPolicy(policy: number, seconds: TimeoutPolicy): void {
    if (!Number.isInteger(policy) || policy < 0 || policy >= MAX_TIMEOUT_POLICIES) {
      throw new RangeError(`timeout policy ${policy}: there are policies 0 to ${MAX_TIMEOUT_POLICIES - 1}`);
    }
    const values = timeoutSeconds(seconds);
    this.#commands.send(COMMAND_CT_TIMEOUT, COMMAND_ARGS + 4 + TIMEOUT_COUNT * 4, (view, record) => {
      view.setUint32(record + COMMAND_ARGS, policy, true);
      values.forEach((value, index) => {
        view.setUint32(record + COMMAND_ARGS + 4 + index * 4, value, true);
      });
    });
  }

  setFragmentReassembly(family: 4 | 6, on: boolean): void {
    this.#configure(family === 4 ? CT_CONFIG_FRAGMENTS_V4 : CT_CONFIG_FRAGMENTS_V6, on ? 1 : 0);
  }

  setFragmentMinimum(family: 4 | 6, bytes: number): void {
    this.#configure(family === 4 ? CT_CONFIG_FRAGMENT_MIN_V4 : CT_CONFIG_FRAGMENT_MIN_V6, bytes);
  }

  setFragmentLimit(fragments: number): void {
    this.#given.fragmentLimit = fragments;
    this.#configure(CT_CONFIG_FRAGMENT_LIMIT, fragments);
  }

  fragments(): FragmentStatus {
    return {
      limit: this.#given.fragmentLimit ?? this.#view.getUint32(FRAGMENTS_BASE + FRAG_LIMIT, true),
      held: this.#view.getUint32(FRAGMENTS_BASE + FRAG_COUNT, true),
      ipv4: readFragmentFamily(this.#view, 4),
      ipv6: readFragmentFamily(this.#view, 6),
    };
  }

  heldDatagrams(): HeldDatagram[] {
    return readHeldDatagrams(this.#view);
  }

  #word(offset: number): number {
    return Atomics.load(this.#words, (CONNTRACK_BASE + offset) >> 2) >>> 0;
  }

  #configure(key: number, value: number): void {
    this.#commands.send(COMMAND_CT_CONFIG, COMMAND_ARGS + 8, (view, record) => {
      view.setUint32(record + COMMAND_ARGS, key, true);
      view.setUint32(record + COMMAND_ARGS + 4, value, true);
    });
  }

  #sendLimit(zone: number | undefined, limit: number, set: boolean): void {
    this.#commands.send(COMMAND_CT_LIMIT, COMMAND_ARGS + 12, (view, record) => {
      view.setUint32(record + COMMAND_ARGS, zone ?? CT_LIMIT_ALL_ZONES, true);
      view.setUint32(record + COMMAND_ARGS + 4, limit, true);
      view.setUint32(record + COMMAND_ARGS + 8, set ? 1 : 0, true);
    });
  }

  #zoneLimits(): Map<number | undefined, number> {
    if (this.#limits !== undefined) return this.#limits;
    const limits = new Map<number | undefined, number>([[undefined, this.#word(CT_DEFAULT_ZONE_LIMIT)]]);
    for (let zone = 0; zone <= 0xffff; zone++) {
      const stored = this.#word(CT_ZONE_TABLE + zone * ZONE_SIZE + ZONE_LIMIT);
      if (stored !== 0) limits.set(zone, stored - 1);
    }
    this.#limits = limits;
    return limits;
  }
}
