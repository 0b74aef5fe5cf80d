/**
 * A select group with as many backends as asked for, on a switch in memory: which of them gets a connection is read off the
 * frames that come out, so rules, translation, megaflows and the fast path all had their say.
 */
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../src/slowpath/tables/group-text.ts";
import { check } from "../bench.ts";
import type { Backend, Chooser } from "./chooser.ts";

export interface Way {
  readonly name: string;
  readonly select: "one-pass" | "recirculate";
  /** As in ovs-ofctl's text. */
  readonly method: string;
}

export const WAYS: readonly Way[] = [
  { name: "dp_hash, one pass", select: "one-pass", method: "dp_hash" },
  { name: "dp_hash, recirculation", select: "recirculate", method: "dp_hash" },
  { name: "fields ip_src,tp_src", select: "one-pass", method: "hash,fields(ip_src,tcp_src)" },
  { name: "fields ip_src", select: "one-pass", method: "hash,fields(ip_src)" },
];

/** Behind Ethernet, IPv4 and TCP without options: four bytes that tell frames apart. */
export const MARK_AT = 54;

const CLIENT = 1;
const SERVERS = 2;

export class Balancer implements Chooser {
  readonly #datapath = new LocalDatapath({ seed: 1 });
  readonly #switch: Switch;
  readonly #method: string;

  private constructor(way: Way) {
    this.#method = way.method;
    const now = () => this.#datapath.now;
    this.#switch = new Switch({ datapath: this.#datapath, select: way.select, now, timers: false });
  }

  static async make(way: Way, backends: readonly Backend[]): Promise<Balancer> {
    const made = new Balancer(way);
    for (const number of [CLIENT, SERVERS]) {
      await made.#switch.ports.add({ kind: "test", name: `p${number}` }, { ofport: number });
    }
    await made.setBackends(backends);
    await made.#switch.apply([parseFlowLine("table=0,ip actions=group:1")]);
    return made;
  }

  async setBackends(backends: readonly Backend[]): Promise<void> {
    const buckets = backends.map(({ id, weight }) => {
      const mac = `02:00:00:00:${hexByte(id >>> 8)}:${hexByte(id & 255)}`;
      return `bucket=bucket_id:${id},weight:${weight},actions=set_field:${mac}->eth_dst,output:${SERVERS}`;
    });
    const text = `group_id=1,type=select,selection_method=${this.#method},${buckets.join(",")}`;
    await this.#switch.apply([parseGroup(text, "add_or_mod", { ports: this.#switch.bridge().portNames })]);
  }

  async choose(frames: readonly Uint8Array[]): Promise<Uint16Array> {
    const port = (number: number) => this.#switch.bridge().port(number)!.datapathPort!;
    for (const frame of frames) this.#datapath.inject(port(CLIENT), frame);
    this.#datapath.run();
    const chosen = new Uint16Array(frames.length).fill(NONE);
    const sent = this.#datapath.takeTransmitted(port(SERVERS));
    check(sent.length === frames.length, `${frames.length} frames went in, ${sent.length} came out`);
    for (const { bytes } of sent) {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const mark = view.getUint32(MARK_AT);
      check(chosen[mark] === NONE, `frame ${mark} came out twice`);
      chosen[mark] = view.getUint16(4);
    }
    return chosen;
  }

  close(): Promise<void> {
    return this.#switch.close();
  }
}

const NONE = 0xffff;

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
