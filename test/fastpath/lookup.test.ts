import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CONTROL_NOW } from "../../assembly/layout/control.ts";
import {
  KEY_CT_LABEL,
  KEY_IN_PORT,
  KEY_IPV6_DST,
  KEY_NW_SRC,
  KEY_SIZE,
  KEY_TP_DST,
  KEY_TUN_ID,
} from "../../assembly/layout/key.ts";
import { FLOW_ID } from "../../assembly/layout/megaflow.ts";
import { CONTROL_BASE, SCRATCH_BASE } from "../../assembly/memory.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { loadModule } from "../../src/fastpath/module.ts";
import { matchOf, word } from "./match.ts";

interface TestExports {
  lookupMegaflow(key: number): number;
  rankMasks(): void;
}

/** Where the random keys differ: words of every part of the key, so that masks have one to five blocks. */
const PLACES = [KEY_IN_PORT, KEY_NW_SRC, KEY_TP_DST, KEY_CT_LABEL, KEY_IPV6_DST, KEY_TUN_ID];
const MASK_BYTES = [0x00, 0x03, 0xff];

interface ModelFlow {
  readonly key: Uint8Array;
  readonly mask: Uint8Array;
  readonly handle: MegaflowHandle;
}

const covers = ({ key, mask }: Pick<ModelFlow, "key" | "mask">, packet: Uint8Array) =>
  mask.every((bits, i) => ((key[i] ^ packet[i]) & bits) === 0);
const overlap = (a: Pick<ModelFlow, "key" | "mask">, b: Pick<ModelFlow, "key" | "mask">) =>
  a.mask.every((bits, i) => ((a.key[i] ^ b.key[i]) & bits & b.mask[i]) === 0);

describe("megaflow look-up", () => {
  let datapath: LocalDatapath;
  let call: TestExports;
  let bytes: Uint8Array;
  let view: DataView;

  beforeAll(() => {
    datapath = new LocalDatapath({ seed: 3, module: loadModule("fastpath-test") });
    call = datapath.fastpath as unknown as TestExports;
    bytes = new Uint8Array(datapath.memory.buffer);
    view = new DataView(datapath.memory.buffer);
  });

  /** Id of the flow that covers the key, 0 for none. */
  function lookup(key: Uint8Array): number {
    bytes.set(key, SCRATCH_BASE);
    const flow = call.lookupMegaflow(SCRATCH_BASE) >>> 0;
    return flow === 0 ? 0 : view.getUint32(flow + FLOW_ID, true);
  }

  const place = fc.nat(3);
  const operation = fc.record({
    kind: fc.constantFrom("insert", "insert", "remove", "look", "look", "rank"),
    values: fc.tuple(place, place, place, place, place, place),
    masks: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    which: fc.nat(),
  });

  it("agrees with a list that is searched from end to end, while flows come and go", () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 50, maxLength: 150 }), (operations) => {
        const model: ModelFlow[] = [];
        for (const { kind, values, masks, which } of operations) {
          const key = new Uint8Array(KEY_SIZE);
          const mask = new Uint8Array(KEY_SIZE);
          PLACES.forEach((offset, i) => {
            key[offset + 3] = values[i];
            mask[offset + 3] = MASK_BYTES[masks[i]];
          });
          if (kind === "insert") {
            if (model.some((flow) => overlap(flow, { key, mask }))) continue;
            model.push({ key, mask, handle: datapath.putFlow(key, mask, []) });
          } else if (kind === "remove" && model.length > 0) {
            datapath.removeFlow(model.splice(which % model.length, 1)[0].handle);
          } else if (kind === "rank") {
            datapath.advanceTime(1001);
          }
          datapath.run();
          expect(lookup(key)).toBe(model.find((flow) => covers(flow, key))?.handle.id ?? 0);
        }
        for (const flow of model) {
          expect(lookup(flow.key)).toBe(flow.handle.id);
          datapath.removeFlow(flow.handle);
        }
        datapath.run();
        for (const flow of model) expect(lookup(flow.key)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("gives all memory back when the flows are gone", async () => {
    const before = datapath.usage();
    const flows = Array.from({ length: 1000 }, (_, i) => {
      const { key, mask } = matchOf({
        offset: KEY_NW_SRC,
        bytes: word(i),
        mask: word(i % 7 === 0 ? 0xffff_ffff : 0x0fff_ffff),
      });
      return datapath.putFlow(key, mask, [{ type: "output", port: i }]);
    });
    await datapath.barrier();
    expect(datapath.usage().flows).toBe(before.flows + 1000);
    for (const flow of flows) datapath.removeFlow(flow);
    await datapath.barrier();
    expect(datapath.usage()).toEqual(before);
  });

  it("holds 200 000 flows in one mask and 1 000 in others, and finds each of them and nothing else", () => {
    const COUNT = 200_000;
    const match = (i: number) => matchOf({ offset: KEY_NW_SRC, bytes: word(0x0a00_0000 + i) });
    const { mask } = match(0);
    const actions = [{ type: "output" as const, port: 1 }];
    const flows = Array.from({ length: COUNT }, (_, i) => datapath.putFlow(match(i).key, mask, actions));
    const others = Array.from({ length: 1000 }, (_, i) => {
      const other = matchOf(
        { offset: KEY_TP_DST, bytes: [i >> 8, i & 255] },
        { offset: KEY_IN_PORT, bytes: word(i % 50 === 0 ? 1 : 2) },
      );
      return { key: other.key, handle: datapath.putFlow(other.key, other.mask, actions) };
    });
    datapath.run();
    const usage = datapath.usage();
    expect(usage.arenaBytes / usage.flows).toBeLessThanOrEqual(1024);
    const wrong = (from: number, to: number, id: (i: number) => number) => {
      let count = 0;
      const { key } = match(0);
      const keyView = new DataView(key.buffer);
      for (let i = from; i < to; i++) {
        keyView.setUint32(KEY_NW_SRC, 0x0a00_0000 + i);
        if (lookup(key) !== id(i)) count++;
      }
      return count;
    };
    expect(wrong(0, COUNT, (i) => flows[i].id)).toBe(0);
    expect(wrong(COUNT, COUNT + 10_000, () => 0)).toBe(0);
    for (const { key, handle } of others) expect(lookup(key)).toBe(handle.id);

    for (let i = 0; i < COUNT; i += 2) datapath.removeFlow(flows[i]);
    datapath.run();
    expect(wrong(0, COUNT, (i) => (i % 2 === 0 ? 0 : flows[i].id))).toBe(0);
    for (let i = 1; i < COUNT; i += 2) datapath.removeFlow(flows[i]);
    for (const { handle } of others) datapath.removeFlow(handle);
    datapath.run();
    expect(wrong(0, 1000, () => 0)).toBe(0);
  });

  it("finds every flow of a mask whatever the size its table has grown to, and those left on the way down", () => {
    const match = (i: number) => matchOf({ offset: KEY_NW_SRC, bytes: word(0x0b00_0000 + i * 7) });
    const { mask } = match(0);
    const flows: MegaflowHandle[] = [];
    const lost = () => {
      datapath.run();
      return flows.filter((flow, i) => lookup(match(i).key) !== flow.id).length;
    };
    for (const size of [1, 4, 5, 8, 9, 17, 1025, 32_768, 32_769, 66_000]) {
      while (flows.length < size) flows.push(datapath.putFlow(match(flows.length).key, mask, []));
      expect(lost()).toBe(0);
    }
    for (const size of [65_000, 30_000, 100, 1]) {
      for (const flow of flows.splice(size)) datapath.removeFlow(flow);
      expect(lost()).toBe(0);
      expect(lookup(match(size).key)).toBe(0);
    }
    datapath.removeFlow(flows[0]);
    datapath.run();
  });

  it("probes the mask that is hit most first", () => {
    const first = matchOf({ offset: KEY_NW_SRC, bytes: word(1) });
    const second = matchOf({ offset: KEY_NW_SRC, bytes: word(2) }, { offset: KEY_TP_DST, bytes: [0, 80] });
    const flows = [first, second].map(({ key, mask }) => datapath.putFlow(key, mask, []));
    datapath.run();
    const probes = () => {
      const before = datapath.counters().masksProbed;
      lookup(second.key);
      return datapath.counters().masksProbed - before;
    };
    expect(probes()).toBe(2n);
    expect(view.getBigUint64(CONTROL_BASE + CONTROL_NOW, true)).toBeGreaterThan(0n);
    datapath.advanceTime(1001);
    expect(probes()).toBe(1n);
    for (const flow of flows) datapath.removeFlow(flow);
    datapath.run();
  });
});
