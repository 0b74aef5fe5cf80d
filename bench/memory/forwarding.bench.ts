/**
 * The fast path alone: frames in memory, parsed, looked up, put into a port's transmit queue, forgotten.
 *
 * A small receive ring stands in for the kernel's. Its frames stay in the processor's cache and are a few lines longer than
 * a power of two, so that what is measured is our work and not the ring's. Between batches the frames get the addresses of
 * other flows; that loop is measured by itself and taken off. "whole" is everything between two system calls; "switching" is
 * that without the rings: parsing, look-up and running the program. The C column is a plain-C prototype of parsing and
 * look-up (-O3, batch 32) on an idle machine of the kind where this was designed: a scale, not a race.
 */
import Benchmark from "benchmark";
import {
  KEY_ETH_TYPE,
  KEY_IN_PORT,
  KEY_NW_DST,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_SIZE,
  KEY_TCP_FLAGS,
  KEY_TP_DST,
  KEY_TP_SRC,
  PACKET_SIZE,
  PORT_FEATURE_VNET,
  PORT_KIND_PACKET,
  PORT_RING_FRAME_SIZE,
  PORT_RING_FRAMES,
  PORT_SIZE,
} from "../../assembly/layout.ts";
import { PACKETS_BASE, PORTS_BASE, WINDOWS_BASE } from "../../assembly/memory.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { loadModule } from "../../src/fastpath/module.ts";
import { PortRecords } from "../../src/fastpath/port-records.ts";
import type { Bench } from "../bench.ts";

const BATCH = 32;
const BATCHES_A_RUN = 512;
const FRAME_SIZE = 2048 + 64;
/** IP addresses are aligned then, as the kernel has them. */
const FRAME_AT = 130;
const IN_PORT = 1;
const OUT_PORT = 2;
/** struct tpacket2_hdr, as in assembly/io/ring-layout.ts. */
const STATUS = 0;
const LENGTH = 4;
const SNAPLEN = 8;
const MAC = 12;
const USER = 1;
/** What changes from packet to packet: the source address names the flow. */
const ETHERNET_SOURCE = FRAME_AT + 6;
const IPV4_SOURCE = FRAME_AT + 26;

/** TCP, 10.0.0.0:1024 > 10.1.0.1:80, ACK, padded to 60 bytes. */
const TEMPLATE = Buffer.from(
  [
    "0a0000000002 0a0000000001 0800",
    "45000028 00004000 40060000 0a000000 0a010001",
    "04000050 00000000 00000000 5010ffff 00000000 000000000000",
  ]
    .join("")
    .replaceAll(" ", ""),
  "hex",
);

/** What the tests' build of the module exports besides. */
interface Parts {
  resetPool(): void;
  receiveRing(port: number): number;
  releaseRing(port: number): void;
  transmit(packet: number, port: number): void;
  flushPorts(): void;
}

interface Case {
  readonly name: string;
  readonly flows: number;
  readonly masks: number;
  /** false: every packet has an Ethernet source that the cache has not seen, and no mask looks at. */
  readonly cached: boolean;
  /** ns a packet of the plain-C prototype: parse and look up. */
  readonly plainC: number;
}

const CASES: readonly Case[] = [
  { name: "cache, 1 flow", flows: 1, masks: 1, cached: true, plainC: 21 },
  { name: "cache, 1k flows", flows: 1_000, masks: 1, cached: true, plainC: 22 },
  { name: "cache, 100k flows", flows: 100_000, masks: 1, cached: true, plainC: 130 },
  { name: "no cache, 1 mask", flows: 1_000, masks: 1, cached: false, plainC: 26 },
  { name: "no cache, 5 masks", flows: 1_000, masks: 5, cached: false, plainC: 77 },
  { name: "no cache, 10 masks", flows: 1_000, masks: 10, cached: false, plainC: 100 },
];

/** A switch with megaflows, and the two halves of a batch: what the kernel would do, and what we do. */
class Rig {
  readonly #datapath = new LocalDatapath({ seed: 7, discard: true, module: loadModule("fastpath-test") });
  readonly #parts = this.#datapath.fastpath as unknown as Parts;
  readonly #words = new Int32Array(this.#datapath.memory.buffer);
  readonly #case: Case;
  readonly #order: Int32Array;
  #next = 0;
  #unseen = 1;

  constructor(benchCase: Case) {
    this.#case = benchCase;
    this.#order = shuffledSources(benchCase.flows);
    this.#openRing();
    this.#installFlows();
  }

  fill(): void {
    const words = this.#words;
    const order = this.#order;
    for (let i = 0; i < BATCH; i++) {
      const frame = WINDOWS_BASE + i * FRAME_SIZE;
      words[(frame + IPV4_SOURCE) >> 2] = order[this.#next];
      this.#next = this.#next + 1 === order.length ? 0 : this.#next + 1;
      if (!this.#case.cached) words[(frame + ETHERNET_SOURCE) >> 2] = this.#unseen++;
      words[(frame + STATUS) >> 2] = USER;
    }
  }

  move(): void {
    this.#datapath.fastpath.runRing(IN_PORT);
  }

  /** The way in alone: from the ring to packet records. */
  receive(): void {
    this.#parts.resetPool();
    this.#parts.receiveRing(IN_PORT);
    this.#parts.releaseRing(IN_PORT);
  }

  /** The way out alone: from packet records to the transmit queue. */
  transmit(): void {
    for (let i = 0; i < BATCH; i++) this.#parts.transmit(PACKETS_BASE + i * PACKET_SIZE, OUT_PORT);
    this.#parts.flushPorts();
  }

  /** Every packet must have gone out, by the way that the case is about. */
  check(): void {
    const { packets, cacheHits, megaflowHits } = this.#datapath.counters();
    const sent = this.#datapath.portStatistics(OUT_PORT).txPackets;
    const hits = Number(this.#case.cached ? cacheHits : megaflowHits);
    if (sent !== packets || hits < 0.9 * Number(packets)) {
      throw new Error(`${this.#case.name}: ${packets} packets, ${sent} sent, ${cacheHits} + ${megaflowHits} hits`);
    }
  }

  #openRing(): void {
    const { memory } = this.#datapath;
    this.#datapath.addTestPort("out", OUT_PORT);
    const ring = {
      kind: PORT_KIND_PACKET,
      features: PORT_FEATURE_VNET,
      mtu: 1500,
      descriptor: -1,
      window: WINDOWS_BASE,
    };
    new PortRecords(memory).publish(IN_PORT, ring, true);
    const port = PORTS_BASE + IN_PORT * PORT_SIZE;
    this.#words[(port + PORT_RING_FRAMES) >> 2] = BATCH;
    this.#words[(port + PORT_RING_FRAME_SIZE) >> 2] = FRAME_SIZE;
    const view = new DataView(memory.buffer);
    for (let i = 0; i < BATCH; i++) {
      const frame = WINDOWS_BASE + i * FRAME_SIZE;
      view.setUint32(frame + LENGTH, TEMPLATE.length, true);
      view.setUint32(frame + SNAPLEN, TEMPLATE.length, true);
      view.setUint16(frame + MAC, FRAME_AT, true);
      new Uint8Array(memory.buffer).set(TEMPLATE, frame + FRAME_AT);
    }
  }

  /** One megaflow a source address; the masks differ in which TCP flag they look at. */
  #installFlows(): void {
    const { flows, masks } = this.#case;
    const key = new Uint8Array(KEY_SIZE);
    const view = new DataView(key.buffer);
    view.setUint32(KEY_IN_PORT, IN_PORT);
    view.setUint16(KEY_ETH_TYPE, 0x0800);
    key[KEY_NW_PROTO] = 6;
    view.setUint16(KEY_TCP_FLAGS, 0x10);
    key.set(TEMPLATE.subarray(26, 34), KEY_NW_SRC);
    key.set(TEMPLATE.subarray(34, 38), KEY_TP_SRC);
    for (let flow = 0; flow < flows; flow++) {
      view.setUint32(KEY_NW_SRC, SOURCE_BASE + flow);
      this.#datapath.putFlow(key, flowMask(flow % masks), [{ type: "output", port: OUT_PORT }]);
    }
    this.#datapath.run();
  }
}

const SOURCE_BASE = 0x0a00_0000;

function flowMask(variant: number): Uint8Array {
  const mask = new Uint8Array(KEY_SIZE);
  mask.fill(0xff, 0, KEY_IN_PORT + 4);
  mask.fill(0xff, KEY_ETH_TYPE, KEY_NW_PROTO + 1);
  mask.fill(0xff, KEY_NW_SRC, KEY_NW_DST + 4);
  mask.fill(0xff, KEY_TP_SRC, KEY_TP_DST + 2);
  new DataView(mask.buffer).setUint16(KEY_TCP_FLAGS, 1 << variant);
  return mask;
}

/** Source addresses of all flows as little-endian words hold them, shuffled: neighbours in time share no cache line. */
function shuffledSources(flows: number): Int32Array {
  const sources = new DataView(new ArrayBuffer(flows * 4));
  for (let flow = 0; flow < flows; flow++) sources.setUint32(flow * 4, SOURCE_BASE + flow);
  const order = new Int32Array(sources.buffer);
  let state = 1;
  for (let i = flows - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Nanoseconds a packet of `work`, run BATCHES_A_RUN times a cycle. */
function measure(work: () => void): number {
  const bench = new Benchmark(
    () => {
      for (let batch = 0; batch < BATCHES_A_RUN; batch++) work();
    },
    { maxTime: 1 },
  );
  bench.run();
  // The least of the samples: on a shared machine the others tell of the neighbors.
  return (Math.min(...bench.stats.sample) * 1e9) / (BATCHES_A_RUN * BATCH);
}

function row(name: string, ...columns: string[]): string {
  return name.padEnd(20) + columns.map((column) => column.padStart(10)).join("");
}

const bench: Bench = {
  title: "parse, look up, output in memory: ns a packet, batches of 32",
  run(print) {
    print(row("case", "whole", "switching", "plain C", "ratio"));
    for (const benchCase of CASES) {
      const rig = new Rig(benchCase);
      const whole = measure(() => {
        rig.fill();
        rig.move();
      });
      rig.check();
      const filling = measure(() => rig.fill());
      const receiving = measure(() => {
        rig.fill();
        rig.receive();
      });
      const switching = whole - receiving - measure(() => rig.transmit());
      const { name, plainC } = benchCase;
      print(
        row(name, (whole - filling).toFixed(1), switching.toFixed(1), `${plainC}`, (switching / plainC).toFixed(2)),
      );
    }
  },
};

export default bench;
