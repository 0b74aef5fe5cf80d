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

  /** Injects `count` big frames that nothing covers; how many upcalls they became. */
  function flood(port: number, count: number): number {
    const before = datapath.counters().upcalls;
    const big = tcpFrame(1, 2, new Uint8Array(60_000));
    for (let i = 0; i < count; i++) datapath.inject(port, big);
    datapath.run();
    return Number(datapath.counters().upcalls - before);
  }
  const fits = Math.floor(UPCALL_RING_BYTES / 60_600);

  it("of a port that floods get a third of the ring, are lost with a reason, and known flows go on", () => {
    expect(flood(1, fits)).toBeCloseTo(fits / 3, -1);
    const { upcalls, drops, misses } = datapath.counters();
    expect(drops.get("upcall_share")).toBe(misses - upcalls);
    expect(drops.get("upcall_lost")).toBe(0n);

    install([{ type: "output", port: 2 }]);
    datapath.inject(1, tcpFrame());
    datapath.run();
    expect(datapath.takeTransmitted(2)).toHaveLength(1);
    expect(datapath.takeUpcalls()).toHaveLength(Number(upcalls));
  });

  it("of other ports have room while one floods, and are read in turn with its", () => {
    const flooded = flood(1, fits);
    expect(flood(2, 3)).toBe(3);
    datapath.addTestPort("third", 3);
    expect(flood(3, fits)).toBeGreaterThan(fits / 6);
    const ports = datapath.takeUpcalls().map(({ inPort }) => inPort);
    expect(ports.slice(0, 10)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
    expect(ports.filter((port) => port === 1)).toHaveLength(flooded);
    expect(flood(1, fits)).toBe(flooded); // what was read is free again, whatever the order
  });

  it("are lost when the ring is full, with a reason of their own", () => {
    for (let port = 3; port < 60; port++) {
      datapath.addTestPort(`p${port}`, port);
      flood(port, fits);
    }
    const drops = datapath.counters().drops.get("upcall_lost")!;
    expect(drops).toBeGreaterThan(0n);
    expect(drops).toBe(BigInt(datapath.usage().upcallsLost));
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
