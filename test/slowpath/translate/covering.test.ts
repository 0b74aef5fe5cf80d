import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  KEY_CT_MARK,
  KEY_CT_STATE,
  KEY_ETH_DST,
  KEY_ETH_SRC,
  KEY_IPV6_DST,
  KEY_NW_DST,
  KEY_NW_PROTO,
  KEY_NW_SRC,
  KEY_NW_TTL,
  KEY_TP_DST,
  KEY_VLAN_TCI0,
} from "../../../assembly/layout/key.ts";
import { type Coverage, checkPipeline, sound, type Translate, UncoveredError, watched } from "./covering.ts";
import { pipelines } from "./random-pipeline.ts";

const budget = { packets: 6, variants: 8, depth: 2 };

describe("a megaflow covers only packets that the tables treat alike", () => {
  it("holds for random tables, groups and packets, recirculated ones included", () => {
    const coverage: Coverage = { translations: 0, compared: 0, recirculated: 0 };
    fc.assert(
      fc.property(pipelines, (pipeline) => checkPipeline(pipeline, budget, sound, coverage)),
      { numRuns: 200, seed: 20240611 },
    );
    // Not vacuous: most variants were real packets, and many went round.
    expect(coverage.compared).toBeGreaterThan(25_000);
    expect(coverage.recirculated).toBeGreaterThan(2_000);
  });

  it("and says of every bit that a table saw changed that it was written", () => {
    const coverage: Coverage = { translations: 0, compared: 0, recirculated: 0 };
    fc.assert(
      fc.property(pipelines, (pipeline) => checkPipeline(pipeline, { ...budget, variants: 0 }, watched, coverage)),
      { numRuns: 150, seed: 31 },
    );
    expect(coverage.recirculated).toBeGreaterThan(1_000);
  });

  /** The megaflow forgets that these bits were looked at. */
  function forgetting(from: number, bytes: number, bits = 0xff): Translate {
    return (input) => {
      const translation = sound(input);
      for (let i = from; i < from + bytes; i++) translation.wildcards[i] &= ~bits;
      return translation;
    };
  }

  it.each([
    ["one bit of eth_src", KEY_ETH_SRC + 5, 1, 1],
    ["one bit of eth_dst", KEY_ETH_DST + 5, 1, 2],
    ["the last byte of nw_src", KEY_NW_SRC + 3, 1, 0xff],
    ["one bit of nw_dst", KEY_NW_DST + 3, 1, 1],
    ["nw_proto", KEY_NW_PROTO, 1, 0xff],
    ["nw_ttl", KEY_NW_TTL, 1, 0xff],
    ["one bit of tp_dst", KEY_TP_DST + 1, 1, 1],
    ["ipv6_dst", KEY_IPV6_DST, 16, 0xff],
    ["whether there is a VLAN tag", KEY_VLAN_TCI0, 1, 0x10],
    ["the tracked bit", KEY_CT_STATE + 1, 1, 0x20],
    ["one bit of ct_mark", KEY_CT_MARK + 3, 1, 1],
  ])("and the checker notices when %s is forgotten", (_, from, bytes, bits) => {
    const coverage: Coverage = { translations: 0, compared: 0, recirculated: 0 };
    const spoiled = forgetting(from, bytes, bits);
    const found = fc.check(
      fc.property(pipelines, (pipeline) => checkPipeline(pipeline, budget, spoiled, coverage)),
      { numRuns: 300, seed: 7, endOnFailure: true },
    );
    expect(found.errorInstance).toBeInstanceOf(UncoveredError);
  });
});
