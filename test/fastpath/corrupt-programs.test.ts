import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { FLOW_PROGRAM } from "../../assembly/layout/megaflow.ts";
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

  it("nested without end drops the packet for that reason", () => {
    const before = datapath.counters().drops.get("bad_program")!;
    let nested: DatapathAction[] = [{ type: "output", port: 2 }];
    for (let depth = 0; depth < 40; depth++) nested = [{ type: "clone", actions: nested }];
    survive(encodeProgram(nested));
    expect(datapath.counters().drops.get("bad_program")! - before).toBe(2n);
  });
});
