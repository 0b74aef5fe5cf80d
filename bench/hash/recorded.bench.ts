/** Does the switch send recorded connections where real OVS 3.1 sent them? All or nothing: one wrong choice and there is no figure. */
import { readFileSync } from "node:fs";
import { bytesOf } from "../../test/model/frames.ts";
import { type Bench, type Case, type Contestant, check } from "../bench.ts";
import { Balancer, WAYS, type Way } from "./balancer.ts";
import type { Backend } from "./chooser.ts";
import { type Connection, frameOf } from "./connections.ts";

interface DpHashVector {
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
  readonly sport: number;
  readonly dport: number;
  readonly dp_hash: string;
}

interface SlotVector {
  readonly backends: number;
  readonly dp_hash: string;
  readonly bucket: number;
}

interface FieldsVector {
  readonly fields: string;
  readonly eth_src: string;
  readonly ip_src: string;
  readonly ip_dst: string;
  readonly tp_src: number;
  readonly tp_dst: number;
  readonly bucket: number;
}

const RECORDED = new URL("../../test/data/reference/hash/", import.meta.url);
const vectors = <T>(name: string): T[] => JSON.parse(readFileSync(new URL(`${name}.json`, RECORDED), "utf8"));
const backends = (count: number): Backend[] => Array.from({ length: count }, (_, id) => ({ id, weight: 100 }));

interface Choices extends Case {
  /** Choices compared. @throws CheckFailed at the first that differs. */
  compare(select: Way["select"]): Promise<number>;
}

/** The recorded dp_hash of a connection, led through the recorded slots, gives the bucket that OVS took. */
async function compareDpHash(select: Way["select"]): Promise<number> {
  const hashes = vectors<DpHashVector>("dp_hash_l4").filter(({ proto }) => proto === 6);
  const slots = Map.groupBy(vectors<SlotVector>("dp_hash_slots"), ({ backends }) => backends);
  let compared = 0;
  for (const [count, recorded] of slots) {
    const slotCount = count > 16 ? 32 : 16;
    const bucketOf = new Map(recorded.map(({ dp_hash, bucket }) => [Number(dp_hash) % slotCount, bucket]));
    const known = hashes.filter(({ dp_hash }) => bucketOf.has(Number(dp_hash) % slotCount));
    const frames = known.map(({ src, dst, sport, dport }, mark) => frameOf(connection(src, dst, sport, dport), mark));
    const chosen = await choices({ name: "", select, method: "dp_hash" }, count, frames);
    for (const [mark, { dp_hash }] of known.entries()) {
      const expected = bucketOf.get(Number(dp_hash) % slotCount);
      check(chosen[mark] === expected, `dp_hash ${dp_hash}, ${count} backends: ${chosen[mark]}, OVS took ${expected}`);
      compared++;
    }
  }
  return compared;
}

async function compareFields(select: Way["select"]): Promise<number> {
  let compared = 0;
  for (const [fields, recorded] of Map.groupBy(vectors<FieldsVector>("fields_hash"), ({ fields }) => fields)) {
    const names = fields.split(",").map((field) => field.replace(/^tp_/, "tcp_"));
    const frames = recorded.map((vector, mark) => {
      const { ip_src, ip_dst, tp_src, tp_dst, eth_src } = vector;
      const frame = frameOf(connection(ip_src, ip_dst, tp_src, tp_dst), mark);
      frame.set(bytesOf(eth_src.replaceAll(":", "")), 6);
      return frame;
    });
    const chosen = await choices({ name: "", select, method: `hash,fields(${names.join(",")})` }, 2, frames);
    for (const [mark, { bucket, ip_src, tp_src }] of recorded.entries()) {
      check(chosen[mark] === bucket, `${fields} of ${ip_src}:${tp_src}: backend ${chosen[mark]}, OVS took ${bucket}`);
      compared++;
    }
  }
  return compared;
}

function connection(source: string, destination: string, sourcePort: number, destinationPort: number): Connection {
  return { source, destination, sourcePort, destinationPort };
}

async function choices(way: Way, count: number, frames: readonly Uint8Array[]): Promise<Uint16Array> {
  const balancer = await Balancer.make(way, backends(count));
  try {
    return await balancer.choose(frames);
  } finally {
    await balancer.close();
  }
}

interface SelectContestant extends Contestant {
  readonly select: Way["select"];
}

const bench: Bench = {
  title: "recorded choices of real OVS that come out the same",
  async measure(session) {
    const contestants: SelectContestant[] = [...new Set(WAYS.map(({ select }) => select))].map((select) => ({
      name: select === "one-pass" ? "one pass" : "recirculation",
      kind: "megaflow",
      select,
    }));
    const cases: Choices[] = [
      { name: "dp_hash", compare: compareDpHash },
      { name: "selection fields", compare: compareFields },
    ];
    await session.compare({
      contestants,
      cases,
      metrics: [{ name: "choices equal to OVS's", unit: "", better: "higher" }],
      rounds: 1,
      warmups: 0,
      references: [],
      measure: async ({ select }, { compare }) => ({ "choices equal to OVS's": await compare(select) }),
    });
  },
};
export default bench;
