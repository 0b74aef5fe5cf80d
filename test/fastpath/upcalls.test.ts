import { beforeEach, describe, expect, it } from "vitest";
import { KEY_IN_PORT, KEY_NW_SRC, KEY_RECIRC_ID } from "../../assembly/layout/key.ts";
import { VNET_F_NEEDS_CSUM, VNET_GSO_TCPV4 } from "../../assembly/layout/packet.ts";
import { UPCALL_RING_BYTES } from "../../assembly/memory.ts";
import type { Upcall } from "../../src/fastpath/datapath.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import { bytesOf } from "../model/frames.ts";
import { ENDS, fromPort, tcpFrame, word } from "./match.ts";

describe("upcalls", () => {
  let datapath: LocalDatapath;
  beforeEach(() => {
    datapath = new LocalDatapath({ seed: 1 });
    datapath.addTestPort("in", 1);
    datapath.addTestPort("out", 2);
  });

  function send(frame: Uint8Array, vnet?: Uint8Array): Upcall[] {
    datapath.inject(1, frame, vnet);
    datapath.run();
    return datapath.takeUpcalls();
  }

  function install(actions: readonly DatapathAction[], recirculation = 0): void {
    const { key, mask } = fromPort(1, recirculation);
    datapath.putFlow(key, mask, actions);
  }

  it("of a miss carry key, metadata, offload header and frame", () => {
    const frame = tcpFrame();
    const vnet = bytesOf("01 00 0000 0000 2200 1000");
    const [upcall] = send(frame, vnet);
    expect(upcall).toMatchObject({
      reason: "miss",
      inPort: 1,
      argument: 0,
      cookie: 0n,
      depth: 0,
      connection: 0,
      bucket: 0,
    });
    expect(upcall.frame).toEqual(frame);
    expect(upcall.vnet).toEqual(vnet);
    expect([...upcall.key.slice(KEY_IN_PORT, KEY_IN_PORT + 4)]).toEqual(word(1));
    expect(upcall.key.slice(KEY_NW_SRC, KEY_NW_SRC + 4)).toEqual(ENDS.source);
    expect(upcall.rssHash).not.toBe(0);
  });

  it("of a recirculated packet say how deep it is", () => {
    install([{ type: "recirc", id: 0x1234 }]);
    const [upcall] = send(tcpFrame());
    expect(upcall.depth).toBe(1);
    expect([...upcall.key.slice(KEY_RECIRC_ID, KEY_RECIRC_ID + 4)]).toEqual(word(0x1234));
  });

  it("of a userspace action carry its argument and cookie", () => {
    install([
      { type: "userspace", reason: "slow_path", argument: 7, cookie: 0x1122_3344_5566_7788n },
      { type: "output", port: 2 },
    ]);
    const [upcall] = send(tcpFrame());
    expect(upcall).toMatchObject({ reason: "slow_path", argument: 7, cookie: 0x1122_3344_5566_7788n });
    expect(datapath.takeTransmitted(2)).toHaveLength(1);
  });

  it("of a truncated packet carry no more than that", () => {
    install([
      { type: "trunc", length: 30 },
      { type: "userspace", reason: "action", argument: 0, cookie: 0n },
      { type: "output", port: 2 },
    ]);
    const [upcall] = send(tcpFrame());
    expect(upcall.frame).toEqual(tcpFrame().slice(0, 30));
    expect(datapath.takeTransmitted(2)[0].bytes).toEqual(tcpFrame());
  });

  it("to a controller are as on the wire: segments with whole checksums", () => {
    install([{ type: "userspace", reason: "action", argument: 0, cookie: 0n }]);
    const upcalls = send(
      tcpFrame(1, 2, new Uint8Array(4000)),
      bytesOf(`0${VNET_F_NEEDS_CSUM}0${VNET_GSO_TCPV4} 3600 b405 2200 1000`),
    );
    expect(upcalls.map((upcall) => upcall.frame.length)).toEqual([1514, 1514, 1134]);
    for (const { frame, vnet } of upcalls) {
      expect(
        internetChecksum(frame.slice(34), pseudoHeaderSum(ENDS.source, ENDS.destination, 6, frame.length - 34)),
      ).toBe(0);
      expect(vnet[0] & VNET_F_NEEDS_CSUM).toBe(0);
    }
  });

  it("are delivered in order, all of them, to the handler", () => {
    const ports: number[] = [];
    datapath.onUpcalls((upcalls) => {
      for (const { frame } of upcalls) ports.push((frame[34] << 8) | frame[35]);
    });
    for (let port = 1; port <= 500; port++) datapath.inject(1, tcpFrame(port));
    datapath.run();
    expect(ports).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  });

  it("that a handler does not read are still there for its next call", () => {
    let calls = 0;
    let read = 0;
    datapath.onUpcalls((upcalls) => {
      calls++;
      for (const _ of upcalls) {
        read++;
        break;
      }
    });
    for (let port = 1; port <= 3; port++) datapath.inject(1, tcpFrame(port));
    datapath.run();
    expect([calls, read]).toEqual([3, 3]);
  });

  it("are lost with a reason when the ring is full, and known flows go on", () => {
    const big = tcpFrame(1, 2, new Uint8Array(60_000));
    const fits = Math.floor(UPCALL_RING_BYTES / (480 + big.length + 8));
    for (let i = 0; i < fits + 40; i++) datapath.inject(1, big);
    datapath.run();
    expect(datapath.usage().upcallsLost).toBeGreaterThanOrEqual(40);
    const { upcalls, drops, misses } = datapath.counters();
    expect(drops.get("upcall_lost")).toBe(BigInt(datapath.usage().upcallsLost));
    expect(upcalls + drops.get("upcall_lost")!).toBe(misses);

    install([{ type: "output", port: 2 }]);
    datapath.inject(1, tcpFrame());
    datapath.run();
    expect(datapath.takeTransmitted(2)).toHaveLength(1);
    expect(datapath.takeUpcalls()).toHaveLength(Number(upcalls));
  });

  it("wrap around the ring's end whole", () => {
    const whole = tcpFrame(
      1,
      2,
      Uint8Array.from({ length: 60_000 }, (_, i) => i % 251),
    );
    for (let round = 0; round < 200; round++) {
      const frames = [300, 60_000, 1500, 33_333].map((length) => whole.subarray(0, length - round));
      for (const frame of frames) datapath.inject(1, frame);
      datapath.run();
      expect(datapath.takeUpcalls().every((upcall, i) => Buffer.compare(upcall.frame, frames[i]) === 0)).toBe(true);
    }
    expect(datapath.usage().upcallsLost).toBe(0);
  });
});
