/** The table of megaflows against a plain list of them, through any order of additions and removals. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY_IN_PORT, KEY_NW_SRC, KEY_SIZE } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import { FLOW_SIZE } from "../../src/slowpath/flow/flow-layout.ts";
import { createMatch } from "../../src/slowpath/flow/match.ts";
import { covers, fullKey, type Megaflow, MegaflowTable, mayMatch } from "../../src/slowpath/megaflow.ts";
import type { Rule } from "../../src/slowpath/tables/rule.ts";
import type { Translation } from "../../src/slowpath/translate/translation.ts";

const rule = (table: number): Rule => ({ table, actions: [] }) as unknown as Rule;
const RULES = [rule(0), rule(0), rule(1)];

function translation(changes: Partial<Translation> = {}): Translation {
  return {
    actions: [],
    wildcards: new Uint8Array(FLOW_SIZE),
    written: new Uint8Array(FLOW_SIZE),
    slow: "",
    rules: [],
    missedTables: [],
    lookups: [],
    groups: [],
    buckets: [],
    usesMacLearning: false,
    wantsPorts: false,
    recirculationIds: [],
    effects: [],
    ...changes,
  };
}

function keyOf(port: number, source: number): Uint8Array {
  const key = new Uint8Array(KEY_SIZE);
  key[KEY_IN_PORT + 3] = port;
  key[KEY_NW_SRC + 3] = source;
  return key;
}

/** Masks that look at the port, and at some bits of the source address. */
const MASKS = [0, 1, 3].map((bits) => {
  const mask = keyOf(0, bits);
  mask.fill(0xff, KEY_IN_PORT, KEY_IN_PORT + 4);
  return mask;
});

/** Of different megaflows, as a datapath gives them. */
let lastId = 0;
const newHandle = (): MegaflowHandle => ({ id: ++lastId, address: 0, actions: [] });

const idsOf = (flows: Iterable<Megaflow>): number[] => Array.from(flows, ({ id }) => id).sort((a, b) => a - b);

interface Kept {
  readonly flow: Megaflow;
  readonly mask: number;
  readonly key: Uint8Array;
  rules: readonly Rule[];
}

const masked = (key: Uint8Array, mask: number): string =>
  Buffer.from(key.map((byte, i) => byte & MASKS[mask][i])).toString("hex");

describe("the table of megaflows", () => {
  it("finds what was added and not deleted, by key, rule, group and table, and keeps nothing else", () => {
    const step = fc.record({
      kind: fc.constantFrom("add", "add", "delete", "update"),
      mask: fc.nat(2),
      port: fc.nat(2),
      source: fc.nat(3),
      rules: fc.subarray(RULES),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new MegaflowTable();
        const kept: Kept[] = [];
        for (const { kind, mask, port, source, rules } of steps) {
          const key = keyOf(port, source);
          const at = kept.findIndex((one) => one.mask === mask && masked(one.key, mask) === masked(key, mask));
          const entry = table.mask(MASKS[mask]);
          expect(table.find(entry, key)?.id).toBe(kept[at]?.flow.id);
          const made = translation({
            rules,
            groups: rules.map(({ table }) => table + 10),
            missedTables: [rules.length],
          });
          if (at < 0 && kind === "add") {
            kept.push({ flow: table.add(newHandle(), entry, key, made, 0), mask, key, rules });
          } else if (at >= 0 && kind === "delete") {
            const [{ flow }] = kept.splice(at, 1);
            expect([table.has(flow), table.delete(flow)]).toEqual([true, true]);
            expect([table.has(flow), table.delete(flow)]).toEqual([false, false]);
          } else if (at >= 0 && kind === "update") {
            table.update(kept[at].flow, [], made);
            kept[at].rules = rules;
          } else {
            table.abandon(entry);
          }
          // In the order of their making, each with the key that it was made with.
          expect([...table].map(({ id }) => id)).toEqual(kept.map(({ flow }) => flow.id));
          expect([...table].map(fullKey)).toEqual(kept.map((one) => one.key));
          expect(table.maskCount).toBe(new Set(kept.map((one) => one.mask)).size);
          for (const one of RULES) {
            const having = kept.filter(({ rules }) => rules.includes(one));
            expect(idsOf(table.byRule(one))).toEqual(idsOf(having.map(({ flow }) => flow)));
            expect(table.rulesHit(one.table).has(one)).toBe(having.length > 0);
          }
          for (const number of [0, 1]) {
            const having = kept.filter(({ rules }) => rules.some(({ table }) => table === number));
            expect(idsOf(table.byGroup(number + 10))).toEqual(idsOf(having.map(({ flow }) => flow)));
          }
          for (const count of [0, 1, 2, 3]) {
            const having = kept.filter(({ rules }) => rules.length === count);
            expect(idsOf(table.byMissedTable(count))).toEqual(idsOf(having.map(({ flow }) => flow)));
          }
          // Ways that nobody takes any more are forgotten.
          expect(table.wayCount).toBe(new Set(kept.map(({ flow }) => flow.origin)).size);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("tells megaflows of one mask apart whose keys have the same hash", () => {
    const table = new MegaflowTable();
    const add = (mask: Uint8Array, key: Uint8Array) => table.add(newHandle(), table.mask(mask), key, translation(), 0);
    const words = (source: number, destination: number) => {
      const key = new Uint8Array(KEY_SIZE);
      new Uint32Array(key.buffer).set([source, destination], KEY_NW_SRC / 4);
      return key;
    };
    // A hash takes one word after the other: what the first ones make of it, the second ones undo.
    const [one, ...others] = [1, 2, 3].map((source) => add(words(0xffff_ffff, 0), words(source, 0)).hash);
    const both = words(0xffff_ffff, 0xffff_ffff);
    const mask = table.mask(both);
    const flows = [add(both, words(1, 7)), ...others.map((hash, i) => add(both, words(i + 2, 7 ^ one ^ hash)))];
    expect(new Set(flows.map(({ hash }) => hash)).size).toBe(1);
    for (const middle of [1, 2, 0]) {
      table.delete(flows[middle]);
      flows.splice(middle, 1, undefined as never);
      for (const flow of flows) if (flow) expect(table.find(mask, fullKey(flow))?.id).toBe(flow.id);
    }
    expect(table.find(mask, words(1, 7))).toBeUndefined();
  });

  it("keeps keys cut after their last word that says something", () => {
    const table = new MegaflowTable();
    const flow = table.add(newHandle(), table.mask(MASKS[2]), keyOf(1, 2), translation(), 0);
    expect(flow.key).toHaveLength(KEY_NW_SRC + 8);
    expect(fullKey(flow)).toEqual(keyOf(1, 2));
    expect(covers(flow, keyOf(1, 6))).toBe(true);
    expect(covers(flow, keyOf(1, 3))).toBe(false);
  });
});

describe("whether a match may concern a megaflow", () => {
  const match = (source: number, mask: number) => {
    const made = createMatch();
    made.value[KEY_NW_SRC + 3] = source;
    made.mask[KEY_NW_SRC + 3] = mask;
    return made;
  };
  const flowWith = (written: number) => {
    const bits = new Uint8Array(FLOW_SIZE);
    bits[KEY_NW_SRC + 3] = written;
    const table = new MegaflowTable();
    return table.add(newHandle(), table.mask(MASKS[2]), keyOf(1, 2), translation({ written: bits }), 0);
  };

  it("is no only when a bit that the megaflow fixes differs and was never written", () => {
    expect(mayMatch(flowWith(0), match(2, 3))).toBe(true);
    expect(mayMatch(flowWith(0), match(1, 3))).toBe(false);
    expect(mayMatch(flowWith(0), match(4 + 2, 7))).toBe(true); // bit 2 is not fixed
    expect(mayMatch(flowWith(3), match(1, 3))).toBe(true);
    expect(mayMatch(flowWith(1), match(1, 3))).toBe(false); // bit 1 differs still
  });
});
