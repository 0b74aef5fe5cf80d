import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY_TP_SRC } from "../../assembly/layout/key.ts";
import { OP_LENGTH, OP_OUTPUT } from "../../assembly/layout/program.ts";
import type { DatapathAction, SelectAction } from "../../src/fastpath/datapath-action.ts";
import { encodeProgram } from "../../src/fastpath/program.ts";
import { decodeProgram } from "../../src/fastpath/program-decode.ts";
import { randomActions } from "./random-actions.ts";

/** What an encoding keeps of liveness: weightless buckets are never chosen, and a dead bucket of a scored group has no weight. */
function canonical(actions: readonly DatapathAction[]): DatapathAction[] {
  return actions.map((action) => {
    switch (action.type) {
      case "clone":
      case "sample":
        return { ...action, actions: canonical(action.actions) };
      case "check_pkt_len":
        return { ...action, greater: canonical(action.greater), lessOrEqual: canonical(action.lessOrEqual) };
      case "select":
        return canonicalSelect(action);
      default:
        return action;
    }
  });
}

function canonicalSelect(action: SelectAction): SelectAction {
  const scored = action.method.kind === "fields";
  return {
    ...action,
    buckets: action.buckets.map((bucket) => {
      const weight = scored && !bucket.alive ? 0 : bucket.weight;
      return {
        ...bucket,
        weight,
        alive: scored ? weight > 0 : bucket.alive || weight === 0,
        actions: canonical(bucket.actions),
      };
    }),
  };
}

describe("action programs", () => {
  it("decode to the actions they were made of", () => {
    fc.assert(
      fc.property(randomActions({ ports: [1, 2, 0xffff_fffe], conntrack: true }), (actions) => {
        expect(decodeProgram(encodeProgram(actions))).toEqual(canonical(actions));
      }),
      { numRuns: 500 },
    );
  });

  it("decode and encode to the same bytes", () => {
    fc.assert(
      fc.property(randomActions({ ports: [1], conntrack: true }), (actions) => {
        const program = encodeProgram(actions);
        expect(encodeProgram(decodeProgram(program))).toEqual(program);
      }),
      { numRuns: 200 },
    );
  });

  it("are empty for no actions", () => {
    expect(encodeProgram([])).toHaveLength(0);
  });

  it("put opcode and length where the fast path reads them", () => {
    const view = new DataView(encodeProgram([{ type: "output", port: 7 }]).buffer);
    expect([view.getUint16(0, true), view.getUint32(OP_LENGTH, true), view.getUint32(8, true)]).toEqual([
      OP_OUTPUT,
      12,
      7,
    ]);
  });

  it("refuse a set value of the wrong size", () => {
    const action: DatapathAction = { type: "set", target: "ipv4", value: new Uint8Array(4), mask: new Uint8Array(4) };
    expect(() => encodeProgram([action])).toThrow("set ipv4 takes 12 bytes");
  });

  it("give a group that no slot table fits a table without a bucket", () => {
    const bucket = { id: 1, alive: true, actions: [], counters: 0 };
    const select: DatapathAction = {
      type: "select",
      method: { kind: "dp_hash", basis: 0, algorithm: "l4" },
      buckets: [{ ...bucket, weight: 0 }],
    };
    expect(decodeProgram(encodeProgram([select]))).toEqual([select]);
  });

  it("pad fields of odd length", () => {
    const select: DatapathAction = {
      type: "select",
      method: { kind: "fields", param: 5n, fields: [{ keyOffset: KEY_TP_SRC, mask: Uint8Array.of(255, 255, 1) }] },
      buckets: [{ id: 9, weight: 3, alive: true, actions: [{ type: "output", port: 1 }], counters: 64 }],
    };
    expect(decodeProgram(encodeProgram([select]))).toEqual([select]);
  });

  it.each([[[1, 0]], [[1, 0, 0, 0, 7, 0, 0, 0]], [[1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]], [[99, 0, 0, 0, 8, 0, 0, 0]]])(
    "that are none (%j) are refused by the decoder",
    (bytes) => {
      expect(() => decodeProgram(Uint8Array.from(bytes))).toThrow(RangeError);
    },
  );
});
