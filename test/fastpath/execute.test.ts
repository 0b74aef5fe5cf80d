import { beforeEach, describe, expect, it } from "vitest";
import {
  COMMAND_EXECUTE,
  COMMAND_EXECUTE_BODY,
  COMMAND_EXECUTE_IN_PORT,
  COMMAND_EXECUTE_LENGTH,
  COMMAND_EXECUTE_PROGRAM_LENGTH,
} from "../../assembly/layout/command.ts";
import { KEY_PKT_MARK } from "../../assembly/layout/key.ts";
import type { Upcall } from "../../src/fastpath/datapath.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { bytesOf } from "../model/frames.ts";
import { fromPort, tcpFrame, udpFrame, word } from "./match.ts";

describe("execution for the slow path", () => {
  let datapath: LocalDatapath;
  beforeEach(() => {
    datapath = new LocalDatapath({ seed: 1 });
    for (let port = 1; port <= 3; port++) datapath.addTestPort(`p${port}`, port);
  });

  const sent = (port: number) => datapath.takeTransmitted(port).map((frame) => frame.bytes);

  it("runs the actions on the frame", () => {
    datapath.execute({
      frame: tcpFrame(),
      inPort: 1,
      actions: [
        { type: "output", port: 2 },
        { type: "output", port: 3 },
      ],
    });
    datapath.run();
    expect([sent(2), sent(3)]).toEqual([[tcpFrame()], [tcpFrame()]]);
    expect(datapath.counters().executed).toBe(1n);
  });

  it("recirculates into megaflows, as if the frame had come in on its port", () => {
    const { key, mask } = fromPort(1, 9);
    datapath.putFlow(key, mask, [{ type: "output", port: 3 }]);
    datapath.execute({ frame: tcpFrame(), inPort: 1, actions: [{ type: "recirc", id: 9 }] });
    datapath.run();
    expect(sent(3)).toHaveLength(1);
  });

  it("goes on where the upcall left off: metadata, depth and hash", () => {
    const mark = word(0xabcd);
    const set = {
      type: "set" as const,
      target: "metadata" as const,
      value: Uint8Array.from([0, 0, 0, 0, ...mark]),
      mask: bytesOf("00000000ffffffff"),
    };
    const first = fromPort(1);
    datapath.putFlow(first.key, first.mask, [set, { type: "recirc", id: 4 }]);
    const seen: Upcall[] = [];
    datapath.onUpcalls((upcalls) => {
      for (const upcall of upcalls) {
        seen.push({ ...upcall, key: upcall.key.slice(), frame: upcall.frame.slice() });
        if (seen.length === 1) {
          datapath.execute({
            frame: upcall.frame,
            vnet: upcall.vnet,
            inPort: 1,
            upcall,
            actions: [{ type: "recirc", id: 5 }],
          });
        }
      }
    });
    datapath.inject(1, tcpFrame());
    datapath.run();
    expect(seen.map((upcall) => upcall.depth)).toEqual([1, 2]);
    for (const upcall of seen) expect([...upcall.key.slice(KEY_PKT_MARK, KEY_PKT_MARK + 4)]).toEqual(mark);
    expect(seen[1].rssHash).toBe(seen[0].rssHash);
    expect(seen[1].frame).toEqual(seen[0].frame);
  });

  it("takes frames up to the largest IP packet", () => {
    const frame = udpFrame(1, 2, new Uint8Array(65_507).fill(3));
    const port = 2;
    const large = new LocalDatapath({ seed: 1, mtu: 65_535 });
    large.addTestPort("out", port);
    large.execute({ frame, inPort: 1, actions: [{ type: "output", port }] });
    large.run();
    expect(large.takeTransmitted(port)[0].bytes).toEqual(frame);
  });

  it("of thousands of frames leaves none behind, whatever the ring's size", () => {
    const COUNT = 9000;
    for (let i = 0; i < COUNT; i++) {
      datapath.execute({
        frame: udpFrame(i, 1, new Uint8Array(1400)),
        inPort: 1,
        actions: [{ type: "output", port: 2 }],
      });
    }
    datapath.run();
    const ports = sent(2).map((frame) => (frame[34] << 8) | frame[35]);
    expect(ports).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  });

  it.each([
    ["a frame too short for Ethernet", 13, 0],
    ["a frame longer than its command", 5000, 0],
    ["a program longer than its command", 60, 0xffff_fff0],
    ["a frame longer than any", 0x7fff_ffff, 0],
  ])("refuses %s", (_, length, programLength) => {
    datapath.commands.send(COMMAND_EXECUTE, COMMAND_EXECUTE_BODY + 400, (view, command) => {
      view.setUint32(command + COMMAND_EXECUTE_IN_PORT, 1, true);
      view.setUint32(command + COMMAND_EXECUTE_PROGRAM_LENGTH, programLength, true);
      view.setUint32(command + COMMAND_EXECUTE_LENGTH, length, true);
    });
    datapath.run();
    expect(datapath.counters().drops.get("invalid_execute")).toBe(1n);
  });

  it("refuses an offload header that points out of the frame", () => {
    datapath.execute({
      frame: tcpFrame(),
      vnet: bytesOf("01 00 0000 0000 ff00 1000"),
      inPort: 1,
      actions: [{ type: "output", port: 2 }],
    });
    datapath.run();
    expect(datapath.counters().drops.get("invalid_execute")).toBe(1n);
  });

  it("is in force, with everything before it, when a barrier resolves", async () => {
    datapath.execute({ frame: tcpFrame(), inPort: 1, actions: [{ type: "output", port: 2 }] });
    expect(datapath.counters().executed).toBe(0n);
    await datapath.barrier();
    expect(sent(2)).toHaveLength(1);
  });
});
