import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { FLOW_PROGRAM } from "../../assembly/layout/megaflow.ts";
import {
  OP_SELECT_BUCKETS,
  OP_SELECT_FIELDS,
  OP_SELECT_SLOT_MASK,
  OP_SELECT_TABLES,
  SELECT_BUCKET_COUNTERS,
  SELECT_BUCKET_PROGRAM,
  SELECT_BUCKET_PROGRAM_BYTES,
  SELECT_BUCKET_SIZE,
} from "../../assembly/layout/program.ts";
import { ARENA_BASE, ARENA_SIZE } from "../../assembly/memory.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { encodeProgram } from "../../src/fastpath/program.ts";
import { fromPort, tcpFrame } from "./match.ts";
import { randomActions } from "./random-actions.ts";

describe("a corrupt action program", () => {
  let datapath: LocalDatapath;
  let bytes: Uint8Array;
  let view: DataView;
  beforeAll(() => {
    datapath = new LocalDatapath({ seed: 5 });
    for (let port = 1; port <= 3; port++) datapath.addTestPort(`p${port}`, port);
    const { key, mask } = fromPort(3);
    datapath.putFlow(key, mask, [{ type: "output", port: 2 }]);
    bytes = new Uint8Array(datapath.memory.buffer);
    view = new DataView(datapath.memory.buffer);
  });

  /** Runs a flow whose program was overwritten, then a sound one. */
  function survive(program: Uint8Array): void {
    const { key, mask } = fromPort(1);
    const placeholder: DatapathAction = { type: "tunnel_push", port: 0, kind: 0, header: new Uint8Array(4096) };
    const flow = datapath.putFlow(key, mask, [placeholder]);
    const address = view.getUint32(flow.address + FLOW_PROGRAM, true);
    view.setUint32(address, program.length, true);
    bytes.set(program, address + 4);
    datapath.inject(1, tcpFrame());
    datapath.inject(1, tcpFrame(1, 2, new Uint8Array(1400)));
    datapath.run();
    datapath.takeUpcalls();
    for (let port = 1; port <= 3; port++) datapath.takeTransmitted(port);
    view.setUint32(address, 20 + 4096 - 4, true); // what the program table believes is there
    datapath.removeFlow(flow);

    datapath.inject(3, tcpFrame());
    datapath.run();
    expect(datapath.takeTransmitted(2).map((frame) => frame.bytes)).toEqual([tcpFrame()]);
  }

  it("of any bytes neither traps nor loops nor hurts the next packet", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survive), { numRuns: 300 });
  });

  it("made of real instructions with a few bytes changed does no harm either", () => {
    const change = fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
    const actions = randomActions({ ports: [1, 2, 3], conntrack: true });
    fc.assert(
      fc.property(actions, fc.array(change, { minLength: 1, maxLength: 6 }), (list, changes) => {
        const program = encodeProgram(list).slice(0, 4096);
        for (const { at, value } of changes) if (program.length > 0) program[at % program.length] = value;
        survive(program);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["an unknown opcode", "ffff0000 08000000"],
    ["a length of zero", "01000000 00000000 02000000"],
    ["a length that is no multiple of four", "01000000 0e000000 02000000 0000"],
    ["a length past the end", "01000000 10000000 02000000"],
    ["an instruction without its arguments", "01000000 08000000"],
    ["a header without its length", "01000000"],
  ])("with %s drops the packet for that reason", (_, hex) => {
    const before = datapath.counters().drops.get("bad_program")!;
    survive(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")));
    expect(datapath.counters().drops.get("bad_program")! - before).toBe(2n);
  });

  describe("of a select group", () => {
    const group = (method: Extract<DatapathAction, { type: "select" }>["method"]): Uint8Array =>
      encodeProgram([
        {
          type: "select",
          method,
          buckets: [0, 1].map((id) => ({
            id,
            weight: 1,
            alive: true,
            actions: [{ type: "output", port: 2 }],
            counters: 0,
          })),
        },
      ]);
    const byHash = { kind: "dp_hash", basis: 0, algorithm: "l4" } as const;
    const byFields = { kind: "fields", param: 0n, fields: [] } as const;
    const slots = OP_SELECT_TABLES;
    const tables = { dp_hash: slots + 16 * 2, fields: slots };
    const counts = () => {
      const { drops } = datapath.counters();
      return { program: Number(drops.get("bad_program")), bucket: Number(drops.get("no_bucket")) };
    };

    /** What two packets are dropped for when 32-bit words of the program are overwritten. */
    function dropsWith(program: Uint8Array, ...words: (readonly [number, number])[]) {
      const changed = new DataView(program.buffer, program.byteOffset);
      for (const [at, value] of words) changed.setUint32(at, value, true);
      const before = counts();
      survive(program);
      const after = counts();
      return { program: after.program - before.program, bucket: after.bucket - before.bucket };
    }

    it("that is whole is not dropped", () => {
      expect(dropsWith(group(byHash))).toEqual({ program: 0, bucket: 0 });
      expect(dropsWith(group(byFields))).toEqual({ program: 0, bucket: 0 });
    });

    it.each([2, 3, 0x100, 0xffff])("whose slots name bucket %i of two has no bucket for them", (bucket) => {
      const all = Array.from({ length: 8 }, (_, i) => [slots + 4 * i, bucket | (bucket << 16)] as const);
      expect(dropsWith(group(byHash), ...all)).toEqual({ program: 0, bucket: 2 });
    });

    it.each([
      ["more slots", byHash, OP_SELECT_SLOT_MASK, 0xff],
      ["slots past the end of memory", byHash, OP_SELECT_SLOT_MASK, 0xffff_ffff],
      ["more buckets", byHash, OP_SELECT_BUCKETS, 100],
      ["buckets past the end of memory", byFields, OP_SELECT_BUCKETS, 0xffff_ffff],
      ["more fields", byFields, OP_SELECT_FIELDS, 100],
      ["fields past the end of memory", byFields, OP_SELECT_FIELDS, 0xffff_ffff],
    ] as const)("that claims %s than it has is dropped for that", (_, method, at, value) => {
      expect(dropsWith(group(method), [at, value])).toEqual({ program: 2, bucket: 0 });
    });

    it.each([byHash, byFields])("whose buckets' programs lie outside is dropped for that: $kind", (method) => {
      const both = (field: number, value: number) =>
        [0, 1].map((i) => [tables[method.kind] + i * SELECT_BUCKET_SIZE + field, value] as const);
      expect(dropsWith(group(method), ...both(SELECT_BUCKET_PROGRAM, 4096))).toEqual({ program: 2, bucket: 0 });
      expect(dropsWith(group(method), ...both(SELECT_BUCKET_PROGRAM, 0xffff_fff8))).toEqual({ program: 2, bucket: 0 });
      expect(dropsWith(group(method), ...both(SELECT_BUCKET_PROGRAM_BYTES, 4096))).toEqual({ program: 2, bucket: 0 });
    });

    it("whose counters lie outside the arena counts nowhere", () => {
      const at = [0, 1].map((i) => [tables.dp_hash + i * SELECT_BUCKET_SIZE + SELECT_BUCKET_COUNTERS] as const);
      for (const address of [8, ARENA_BASE - 8, ARENA_BASE + ARENA_SIZE - 8]) {
        const before = bytes.slice(address, address + 24);
        const words = at.map(([place]) => [place, address] as const);
        expect(dropsWith(group(byHash), ...words)).toEqual({ program: 0, bucket: 0 });
        expect(bytes.slice(address, address + 24)).toEqual(before);
      }
    });
  });

  it("nested without end drops the packet for that reason", () => {
    const before = datapath.counters().drops.get("bad_program")!;
    let nested: DatapathAction[] = [{ type: "output", port: 2 }];
    for (let depth = 0; depth < 40; depth++) nested = [{ type: "clone", actions: nested }];
    survive(encodeProgram(nested));
    expect(datapath.counters().drops.get("bad_program")! - before).toBe(2n);
  });
});
