/** What it takes to make a flow key of a frame: the module's parser alone, on frames that a packet source has put into a ring. */
import { KEY_NW_SRC } from "../../assembly/layout/key.ts";
import { PACKET_KEY, PACKET_SIZE } from "../../assembly/layout/packet.ts";
import { PACKETS_BASE } from "../../assembly/memory.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { loadModule } from "../../src/fastpath/module.ts";
import { check, type Figures } from "../bench.ts";
import { median } from "../statistics.ts";
import { FIRST_FLOW, PacketSource } from "./packet-source.ts";
import { figuresOf, IN_PORT, samples, type Times } from "./rig.ts";
import { BATCH } from "./source-layout.ts";

interface Parts {
  resetPool(): void;
  receiveRing(port: number): number;
  releaseRing(port: number): void;
  parseKey(packet: number): void;
  packetsLeft(): number;
}

export class ParserRig {
  readonly #datapath = new LocalDatapath({ seed: 7, discard: true, module: loadModule("fastpath-test") });
  readonly #parts = this.#datapath.fastpath as unknown as Parts;
  readonly #source: PacketSource;

  constructor() {
    this.#datapath.addTestPort("in", IN_PORT);
    this.#source = new PacketSource(this.#datapath, IN_PORT, 1);
  }

  measure(milliseconds: number): Figures {
    return figuresOf(() => this.play(milliseconds));
  }

  /** @throws CheckFailed when a key is not its packet's. */
  play(milliseconds: number): Times {
    const { parseKey, packetsLeft } = this.#parts;
    // Calls into the module cost something: as many go into the source, to a function that does nothing.
    const source = median(samples(() => this.#each(packetsLeft), milliseconds / 2000));
    const whole = median(samples(() => this.#each(parseKey), milliseconds / 2000));
    const view = new DataView(this.#datapath.memory.buffer);
    for (let i = 0; i < BATCH; i++) {
      const key = view.getUint32(PACKETS_BASE + i * PACKET_SIZE + PACKET_KEY, true);
      const found = view.getUint32(key + KEY_NW_SRC);
      check(found === FIRST_FLOW.source, `the key of packet ${i} has source ${found.toString(16)}`);
    }
    return { whole, source };
  }

  #each(work: (packet: number) => unknown): void {
    this.#source.fill();
    this.#parts.resetPool();
    this.#parts.receiveRing(IN_PORT);
    for (let i = 0; i < BATCH; i++) work(PACKETS_BASE + i * PACKET_SIZE);
    this.#parts.releaseRing(IN_PORT);
  }
}
