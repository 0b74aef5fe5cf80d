/** Two datapaths side by side: one whose known flows the kernel (a model of it) forwards, and its twin without offload. */
import {
  CONN_FLAG_OFFLOADED,
  CONN_FLAGS,
  CONN_OFFLOADS,
  CONN_STATE_LIVE,
  CONN_STATE_MASK,
} from "../../assembly/layout/conntrack.ts";
import { FLOW_OFFLOADS, FLOW_STATE, FLOW_STATE_LIVE } from "../../assembly/layout/megaflow.ts";
import {
  HOLDING_CONNECTION,
  HOLDING_CONNECTIONS,
  HOLDING_FLOW,
  HOLDING_FLOWS,
  HOLDING_NEXT,
  HOLDING_PLACE,
  HOLDING_SIZE,
  OFFLOAD_FACTOR,
  OFFLOAD_HOLDING_TABLE,
  OFFLOAD_ON,
  OFFLOAD_PATIENCE,
  OFFLOAD_USED,
  OFFLOAD_USED_TABLE,
  OFFLOAD_WITHDRAW,
  SLOT_SIZE,
  SLOT_VERSION,
  SLOTS,
} from "../../assembly/layout/offload.ts";
import { PORT_IFINDEX, PORT_SIZE } from "../../assembly/layout/port.ts";
import { OFFLOAD_BASE, OFFLOAD_SLOTS_BASE, PORTS_BASE } from "../../assembly/memory.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import type { Match } from "../fastpath/match.ts";
import { KernelModel } from "./kernel-model.ts";

export const PORTS = [1, 2, 3, 4] as const;
/** Interface index of a test port. */
export const ifindexOf = (port: number): number => 100 + port;
const FACTOR = 0x9e37_79b9_7f4a_7c15n;

export interface Sent {
  readonly port: number;
  readonly frame: Uint8Array;
}

export interface Outcome {
  /** Who forwarded it. */
  readonly by: "kernel" | "switch";
  readonly sent: readonly Sent[];
}

/** A megaflow in both datapaths. */
export interface TwinFlow {
  readonly own: ReturnType<LocalDatapath["putFlow"]>;
  readonly twin: ReturnType<LocalDatapath["putFlow"]>;
}

export class OffloadSwitch {
  readonly datapath: LocalDatapath;
  readonly twin: LocalDatapath;
  readonly kernel: KernelModel;
  readonly #view: DataView;
  readonly #flows = new Set<TwinFlow>();

  constructor({ seed = 7, mtu = 1500 } = {}) {
    this.datapath = new LocalDatapath({ seed, mtu });
    this.twin = new LocalDatapath({ seed, mtu });
    this.#view = new DataView(this.datapath.memory.buffer);
    this.kernel = new KernelModel(this.datapath.memory);
    this.both((datapath) => PORTS.forEach((port) => void datapath.addTestPort(`p${port}`, port)));
    for (const port of PORTS) this.setIfindex(port, ifindexOf(port));
    this.#view.setBigUint64(OFFLOAD_BASE + OFFLOAD_FACTOR, FACTOR, true);
    this.#view.setUint32(OFFLOAD_BASE + OFFLOAD_ON, 1, true);
  }

  setIfindex(port: number, ifindex: number): void {
    this.#view.setUint32(PORTS_BASE + port * PORT_SIZE + PORT_IFINDEX, ifindex, true);
  }

  both<T>(act: (datapath: LocalDatapath) => T): [own: T, twin: T] {
    return [act(this.datapath), act(this.twin)];
  }

  put({ key, mask }: Match, actions: readonly DatapathAction[]): TwinFlow {
    const [own, twin] = this.both((datapath) => datapath.putFlow(key, mask, actions));
    const flow = { own, twin };
    this.#flows.add(flow);
    return flow;
  }

  replace({ own, twin }: TwinFlow, actions: readonly DatapathAction[]): void {
    this.datapath.replaceActions(own, actions);
    this.twin.replaceActions(twin, actions);
    this.run();
  }

  remove(...flows: readonly TwinFlow[]): void {
    for (const flow of flows) {
      this.#flows.delete(flow);
      this.datapath.removeFlow(flow.own);
      this.twin.removeFlow(flow.twin);
    }
    this.run();
  }

  /** Removes a flow; the packets and bytes that it had carried in all. */
  async take(flow: TwinFlow): Promise<{ packets: number; bytes: number } | undefined> {
    let carried: { packets: number; bytes: number } | undefined;
    this.#flows.delete(flow);
    this.datapath.removeFlow(flow.own, ({ packets, bytes }) => {
      carried = { packets, bytes };
    });
    this.twin.removeFlow(flow.twin);
    this.run();
    await this.datapath.barrier();
    return carried;
  }

  /** As new, but for counters and clocks: making a switch takes longer than most tests. */
  reset(): void {
    this.remove(...this.#flows);
    this.both((datapath) => {
      datapath.conntrack.flush();
      datapath.conntrack.setTcpSequenceChecking(true);
      for (const port of PORTS) datapath.setPortUp(port, true);
    });
    this.run();
    this.both(takeSent);
    for (const port of PORTS) this.setIfindex(port, ifindexOf(port));
    this.setPatience(0);
  }

  run(): void {
    this.both((datapath) => datapath.run());
  }

  /** Time passes, in steps in which the worker would have woken. */
  pass(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left -= 100) {
      this.both((datapath) => datapath.advanceTime(Math.min(left, 100)));
    }
  }

  /** The main thread wants everything back. */
  withdrawAll(): void {
    const at = OFFLOAD_BASE + OFFLOAD_WITHDRAW;
    this.#view.setUint32(at, this.#view.getUint32(at, true) + 1, true);
    this.run();
  }

  /** So many packets of a flow come to the switch before the kernel gets it. */
  setPatience(packets: number): void {
    this.#view.setUint32(OFFLOAD_BASE + OFFLOAD_PATIENCE, packets, true);
  }

  /** Flows with the kernel now. */
  get offloaded(): number {
    return this.#view.getUint32(OFFLOAD_BASE + OFFLOAD_USED, true);
  }

  /** A frame comes in at both datapaths' port. */
  send(port: number, frame: Uint8Array): Outcome & { readonly twin: readonly Sent[] } {
    this.twin.inject(port, frame);
    this.twin.run();
    const twin = takeSent(this.twin);
    const forwarded = this.kernel.forward(ifindexOf(port), frame);
    if (forwarded !== undefined) {
      return { by: "kernel", sent: [{ port: forwarded.ifindex - 100, frame: forwarded.frame }], twin };
    }
    this.datapath.inject(port, frame);
    this.datapath.run();
    return { by: "switch", sent: takeSent(this.datapath), twin };
  }

  /** Frames that come in as one batch; those of known flows go by the kernel before. */
  sendBatch(port: number, frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.twin.inject(port, frame);
      if (this.kernel.forward(ifindexOf(port), frame) === undefined) this.datapath.inject(port, frame);
    }
    this.run();
    this.both(takeSent);
  }

  /** Sentences about records that are not in step with the slots in use; none when all is well. */
  broken(): string[] {
    const broken: string[] = [];
    const u32 = (at: number): number => this.#view.getUint32(at, true);
    const flows = new Map<number, number>();
    const links = new Map<number, number>();
    const used = new Set<number>();
    for (let place = 0; place < this.offloaded; place++) {
      const slot = u32(OFFLOAD_BASE + OFFLOAD_USED_TABLE + place * 4);
      const holding = holdingOf(slot);
      used.add(slot);
      if (u32(holding + HOLDING_PLACE) !== place) broken.push(`slot ${slot} is not where it thinks it is`);
      if (u32(OFFLOAD_SLOTS_BASE + slot * SLOT_SIZE + SLOT_VERSION) === 0)
        broken.push(`slot ${slot} is in use and empty`);
      for (let i = 0; i < u32(holding + HOLDING_FLOWS); i++) {
        const flow = u32(holding + HOLDING_FLOW + i * 4);
        if (u32(flow + FLOW_STATE) !== FLOW_STATE_LIVE) broken.push(`slot ${slot} holds a megaflow that has gone`);
        flows.set(flow, (flows.get(flow) ?? 0) + 1);
      }
      for (let i = 0; i < u32(holding + HOLDING_CONNECTIONS); i++) {
        const connection = (u32(holding + HOLDING_CONNECTION + i * 4) & ~1) >>> 0;
        if ((u32(connection) & CONN_STATE_MASK) !== CONN_STATE_LIVE)
          broken.push(`slot ${slot} holds a dead connection`);
        if ((u32(connection + CONN_FLAGS) & CONN_FLAG_OFFLOADED) === 0) {
          broken.push(`slot ${slot} holds a connection that does not know`);
        }
        links.set(connection, (links.get(connection) ?? 0) + 1);
      }
    }
    for (const [flow, slots] of flows) {
      if (u32(flow + FLOW_OFFLOADS) !== slots)
        broken.push(`a megaflow counts ${u32(flow + FLOW_OFFLOADS)} of ${slots} slots`);
    }
    for (const [connection, slots] of links) {
      let length = 0;
      for (let link = u32(connection + CONN_OFFLOADS); link !== 0 && length <= slots; length++) {
        link = u32(holdingOf((link - 1) >>> 2) + HOLDING_NEXT + ((link - 1) & 3) * 4);
      }
      if (length !== slots) broken.push(`a connection lists ${length} of ${slots} slots`);
    }
    const published = this.#publishedSlots();
    if (published !== used.size) broken.push(`${published} slots are published, ${used.size} in use`);
    return broken;
  }

  #publishedSlots(): number {
    const words = new Uint32Array(this.datapath.memory.buffer, OFFLOAD_SLOTS_BASE, (SLOTS * SLOT_SIZE) / 4);
    let published = 0;
    for (let at = SLOT_VERSION / 4; at < words.length; at += SLOT_SIZE / 4) published += words[at] === 0 ? 0 : 1;
    return published;
  }
}

const holdingOf = (slot: number): number => OFFLOAD_BASE + OFFLOAD_HOLDING_TABLE + slot * HOLDING_SIZE;

function takeSent(datapath: LocalDatapath): Sent[] {
  return PORTS.flatMap((port) => datapath.takeTransmitted(port).map(({ bytes }) => ({ port, frame: bytes })));
}
