import { beforeEach, describe, expect, it } from "vitest";
import {
  KEY_NW_TOS,
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_METADATA,
  KEY_TUN_METADATA_PRESENT,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TP_DST,
  KEY_TUN_TP_SRC,
  KEY_TUN_TTL,
  TUN_FLAG_CSUM,
  TUN_FLAG_KEY,
} from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import type { Datagram } from "../../src/fastpath/local-tunnels.ts";
import { internetChecksum } from "../model/checksums.ts";
import { bytesOf, concat, ethernet, ipv4, ipv4Address, ipv6, ipv6Address, tcp, udp } from "../model/frames.ts";
import { readPcap } from "../model/pcap.ts";
import { ENDS, fromPort, tcpFrame, udpFrame } from "./match.ts";
import { intoTunnel, type TunnelFields } from "./tunnel-fields.ts";

const HERE = ipv4Address("172.31.0.1");
const THERE = ipv4Address("172.31.0.2");
const HERE6 = ipv6Address("fd00:0000:0000:0000:0000:0000:0000:0001");
const THERE6 = ipv6Address("fd00:0000:0000:0000:0000:0000:0000:0002");
const OVN_OPTION = { class: 0x0102, type: 0x80, bytes: 4, index: 0, offset: 0 };
const TUNNEL = 9;
const TO_THERE: TunnelFields = { id: 5n, destination: THERE };
/** Offload metadata of a TCP/IPv4 super-packet of 1448-byte segments whose TCP header begins at 34. */
const SUPER_PACKET = bytesOf("01 01 3600 a805 2200 1000");

class Chassis {
  readonly datapath: LocalDatapath;
  readonly #flows = new Map<number, MegaflowHandle>();

  /** Ports 1 and 2 take no offloads unless asked to: what leaves there is as on a wire. */
  constructor(kind: "geneve" | "vxlan" = "geneve", offloads = false) {
    this.datapath = new LocalDatapath({ seed: 1, mtu: 9000, ...(offloads ? {} : { features: 0 }) });
    for (const port of [1, 2]) this.datapath.addTestPort(`p${port}`, port);
    const destinationPort = kind === "geneve" ? 6081 : 4789;
    this.datapath.addTunnelPort({ kind: "tunnel", name: "tun", encapsulation: kind, destinationPort }, TUNNEL);
    this.datapath.setGeneveOptions([OVN_OPTION]);
    this.rule(TUNNEL, [{ type: "output", port: 2 }]);
  }

  rule(port: number, actions: readonly DatapathAction[]): void {
    const known = this.#flows.get(port);
    const { key, mask } = fromPort(port);
    if (known) this.datapath.replaceActions(known, actions);
    else this.#flows.set(port, this.datapath.putFlow(key, mask, actions));
    this.datapath.run();
  }

  /** Datagrams that a frame at port 1 becomes. */
  send(frame: Uint8Array, vnet?: Uint8Array): Datagram[] {
    this.datapath.inject(1, frame, vnet);
    this.datapath.run();
    return this.datapath.takeDatagrams(TUNNEL);
  }

  /** Frames that leave by port 2 when the datagram arrives. */
  receive(datagram: Partial<Datagram>): Uint8Array[] {
    this.datapath.run();
    this.datapath.receiveDatagram(TUNNEL, { ...ARRIVING, ...datagram });
    return this.datapath.takeTransmitted(2).map(({ bytes }) => bytes);
  }

  drops(reason: string): number {
    return Number(this.datapath.counters().drops.get(reason));
  }
}

const ARRIVING: Datagram = {
  payload: new Uint8Array(),
  segment: 0,
  source: THERE,
  destination: HERE,
  port: 50_000,
  ttl: 61,
  tos: 0,
  checksum: true,
};

describe("recorded Geneve packets of OVN's two chassis", () => {
  const recorded = readPcap(new URL("../data/reference/5-two-chassis/underlay.pcap", import.meta.url))
    .filter((frame) => frame[12] === 0x08 && frame[23] === 17)
    .map((frame) => ({ frame, outer: frame.subarray(14, 34), payload: frame.slice(42), inner: frame.slice(58) }));

  it("are there", () => {
    expect(recorded.length).toBeGreaterThan(20);
  });

  it("come out the same but for what the kernel fills in", () => {
    const chassis = new Chassis();
    for (const { frame, outer, payload, inner } of recorded) {
      const view = new DataView(payload.buffer);
      chassis.rule(
        1,
        intoTunnel(TUNNEL, {
          id: BigInt(view.getUint32(4) >>> 8),
          destination: outer.slice(16, 20),
          present: 1n,
          metadata: payload.slice(12, 16),
        }),
      );
      const [datagram, ...more] = chassis.send(inner);
      expect(more).toEqual([]);
      expect(datagram.payload).toEqual(payload);
      expect(datagram).toMatchObject({
        destination: outer.slice(16, 20),
        port: (frame[36] << 8) | frame[37],
        ttl: outer[8],
        tos: outer[1],
        checksum: frame[40] + frame[41] !== 0,
        dontFragment: (outer[6] & 0x40) !== 0,
      });
    }
  });

  it("are taken apart into the frames that were sent and their tunnel fields", () => {
    const chassis = new Chassis();
    chassis.rule(TUNNEL, [
      { type: "userspace", reason: "action", argument: 0, cookie: 0n },
      { type: "output", port: 2 },
    ]);
    for (const { frame, outer, payload, inner } of recorded) {
      const arrived = {
        payload,
        source: outer.slice(12, 16),
        destination: outer.slice(16, 20),
        port: (frame[34] << 8) | frame[35],
      };
      expect(chassis.receive(arrived)).toEqual([inner]);
      const [{ key, inPort }] = chassis.datapath.takeUpcalls();
      const at = (offset: number, bytes: number) => key.slice(offset, offset + bytes);
      expect(inPort).toBe(TUNNEL);
      expect(at(KEY_TUN_ID, 8)).toEqual(concat([0, 0, 0, 0, 0], payload.slice(4, 7)));
      expect([at(KEY_TUN_SRC, 4), at(KEY_TUN_DST, 4)]).toEqual([arrived.source, arrived.destination]);
      expect(at(KEY_TUN_FLAGS, 2)).toEqual(Uint8Array.of(0, TUN_FLAG_CSUM | TUN_FLAG_KEY));
      expect([key[KEY_TUN_TTL], key[KEY_TUN_TOS]]).toEqual([61, 0]);
      expect([at(KEY_TUN_TP_SRC, 2), at(KEY_TUN_TP_DST, 2)]).toEqual([frame.slice(34, 36), Uint8Array.of(0x17, 0xc1)]);
      expect(at(KEY_TUN_METADATA_PRESENT, 8)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
      expect(at(KEY_TUN_METADATA, 4)).toEqual(payload.slice(12, 16));
    }
  });
});

describe("a tunnel port that sends", () => {
  let chassis: Chassis;
  beforeEach(() => {
    chassis = new Chassis();
  });

  it("makes VXLAN headers too", () => {
    chassis = new Chassis("vxlan");
    chassis.rule(1, intoTunnel(TUNNEL, { ...TO_THERE, id: 0x123456n, checksum: false }));
    const [{ payload, port, checksum }] = chassis.send(udpFrame());
    expect(payload).toEqual(concat(bytesOf("08000000 12345600"), udpFrame()));
    expect([port, checksum]).toEqual([4789, false]);
  });

  it("sends over IPv6, from the address it is told", () => {
    chassis.rule(1, intoTunnel(TUNNEL, { id: 5n, source: HERE6, destination: THERE6, tos: 0x48, ttl: 9 }));
    expect(chassis.send(udpFrame())).toMatchObject([{ source: HERE6, destination: THERE6, tos: 0x48, ttl: 9 }]);
  });

  it("lets the kernel choose the source address when it is told none", () => {
    chassis.rule(1, intoTunnel(TUNNEL, TO_THERE));
    expect(chassis.send(udpFrame())[0].source).toBeUndefined();
    chassis.rule(1, intoTunnel(TUNNEL, { ...TO_THERE, source: HERE }));
    expect(chassis.send(udpFrame())[0].source).toEqual(HERE);
  });

  it("counts as errors what has no tunnel fields, or no destination in them", () => {
    chassis.rule(1, [{ type: "output", port: TUNNEL }]);
    expect(chassis.send(udpFrame())).toEqual([]);
    const other = new Chassis();
    other.rule(1, intoTunnel(TUNNEL, { ...TO_THERE, destination: new Uint8Array(4) }));
    expect(other.send(udpFrame())).toEqual([]);
    for (const one of [chassis, other]) {
      expect(one.drops("tunnel")).toBe(1);
      expect(one.datapath.portStatistics(TUNNEL)).toMatchObject({ txPackets: 0n, txErrors: 1n });
    }
  });

  it("spreads connections over its source ports, each connection by one", () => {
    chassis.rule(1, intoTunnel(TUNNEL, TO_THERE));
    const senderOf = (port: number) => chassis.send(udpFrame(port))[0].sender;
    const senders = Array.from({ length: 200 }, (_, i) => senderOf(1000 + i));
    expect(senders.map((_, i) => senderOf(1000 + i))).toEqual(senders);
    expect(new Set(senders).size).toBe(8);
  });

  it("cuts super-packets into segments with whole checksums, in messages that the kernel cuts there", () => {
    chassis = new Chassis("geneve", true);
    chassis.rule(1, intoTunnel(TUNNEL, TO_THERE));
    const payload = Uint8Array.from({ length: 62_000 }, (_, i) => i * 7);
    const frame = ethernet(0x0800, ipv4(ENDS, 6, tcp(ENDS, { source: 1, destination: 2 }, payload)));
    const datagrams = chassis.send(frame, SUPER_PACKET);
    const pieces = datagrams.flatMap((datagram) => cut(datagram)).map((piece) => piece.slice(8));
    expect(datagrams.map(({ packets }) => packets)).toEqual([43]);
    expect(concat(...pieces.map((piece) => piece.slice(54)))).toEqual(payload);
    for (const piece of pieces) expect(isSound(piece)).toBe(true);
    expect(chassis.datapath.portStatistics(TUNNEL)).toMatchObject({
      txPackets: 43n,
      txBytes: BigInt(62_000 + 43 * 54),
    });
  });

  it("bundles packets of one connection that follow each other, up to a shorter one, when they have checksums", () => {
    for (const [checksum, expected] of [
      [true, [4, 2]],
      [false, [1, 1, 1, 1, 1, 1]],
    ] as const) {
      const one = new Chassis();
      one.rule(1, intoTunnel(TUNNEL, { ...TO_THERE, checksum }));
      for (const bytes of [500, 500, 500, 20, 500, 500]) one.datapath.inject(1, udpFrame(1, 2, new Uint8Array(bytes)));
      one.datapath.run();
      expect(one.datapath.takeDatagrams(TUNNEL).map(({ packets }) => packets)).toEqual(expected);
    }
  });

  it("keeps the order of a connection's packets, and mixes no two destinations", () => {
    const frames = Array.from({ length: 300 }, (_, i) => udpFrame(1 + (i % 3), 2, Uint8Array.of(i & 255, i >> 8)));
    chassis.rule(1, [...intoTunnel(TUNNEL, TO_THERE), ...intoTunnel(TUNNEL, { ...TO_THERE, destination: HERE })]);
    for (const frame of frames) chassis.datapath.inject(1, frame);
    chassis.datapath.run();
    const datagrams = chassis.datapath.takeDatagrams(TUNNEL);
    for (const destination of [THERE, HERE]) {
      const to = datagrams.filter((datagram) => datagram.destination.every((byte, i) => byte === destination[i]));
      expect(to.flatMap(cut).map((piece) => piece.slice(8))).toEqual(frames);
    }
  });
});

describe("a tunnel port that receives", () => {
  const GENEVE = bytesOf("00006558 00000500");
  let chassis: Chassis;
  beforeEach(() => {
    chassis = new Chassis();
  });

  it("cuts what the kernel had joined", () => {
    const frames = [udpFrame(1), udpFrame(2), udpFrame(3, 4, new Uint8Array(4))];
    const payload = concat(...frames.map((frame) => concat(GENEVE, frame)));
    expect(chassis.receive({ payload, segment: frames[0].length + 8 })).toEqual(frames);
    expect(chassis.datapath.portStatistics(TUNNEL)).toMatchObject({ rxPackets: 3n });
  });

  it("gives TCP segments back as the super-packet that their sender had cut", () => {
    const sender = new Chassis("geneve", true);
    sender.rule(1, intoTunnel(TUNNEL, TO_THERE));
    const payload = Uint8Array.from({ length: 20_000 }, (_, i) => i);
    const frame = ethernet(0x0800, ipv4(ENDS, 6, tcp(ENDS, { source: 1, destination: 2 }, payload)));
    const [datagram] = sender.send(frame, SUPER_PACKET);
    chassis = new Chassis("geneve", true);
    chassis.datapath.run();
    chassis.datapath.receiveDatagram(TUNNEL, { ...ARRIVING, payload: datagram.payload, segment: datagram.segment });
    const [whole, ...more] = chassis.datapath.takeTransmitted(2);
    expect(more).toEqual([]);
    expect(whole.vnet).toEqual(SUPER_PACKET);
    expect(whole.bytes.slice(54)).toEqual(payload);
    expect(internetChecksum(whole.bytes.slice(14, 34))).toBe(0);
    expect(chassis.datapath.portStatistics(TUNNEL)).toMatchObject({ rxPackets: 14n });
  });

  it.each([
    ["a wrong checksum", (frame: Uint8Array) => flip(frame, 60)],
    ["another acknowledgment", (_: Uint8Array, i: number) => segment(i, { acknowledgement: 9 })],
    ["FIN", (_: Uint8Array, i: number) => segment(i, { flags: 0x11 })],
    ["a gap before it", (_: Uint8Array, i: number) => segment(i + 1)],
    ["another port", (_: Uint8Array, i: number) => segment(i, { source: 9 })],
  ])("does not join a segment with %s", (_, spoil) => {
    const frames = [0, 1, 2, 3].map((i) => segment(i));
    frames[2] = spoil(frames[2], 2);
    const payload = concat(...frames.map((frame) => concat(GENEVE, frame)));
    const offloading = new Chassis("geneve", true);
    offloading.datapath.run();
    offloading.datapath.receiveDatagram(TUNNEL, { ...ARRIVING, payload, segment: frames[0].length + 8 });
    expect(offloading.datapath.takeTransmitted(2).length).toBeGreaterThan(1);
    expect(chassis.receive({ payload, segment: frames[0].length + 8 })).toEqual(frames);
  });

  it("says congestion on the way, and drops what cannot be told (RFC 6040)", () => {
    const inner = (tos: number) => ethernet(0x0800, ipv4({ ...ENDS, tos }, 17, udp(ENDS, 1, 2)));
    const inner6 = (tos: number) =>
      ethernet(
        0x86dd,
        ipv6({ source: HERE6, destination: THERE6, tos }, 17, udp({ source: HERE6, destination: THERE6 }, 1, 2)),
      );
    for (const [outer, before, after] of [
      [3, 1, 3],
      [3, 2, 3],
      [3, 3, 3],
      [2, 2, 2],
      [0, 1, 1],
      [3, 0, undefined],
    ] as const) {
      for (const make of [inner, inner6]) {
        const expected = after === undefined ? [] : [make(after)];
        expect(chassis.receive({ payload: concat(GENEVE, make(before)), tos: outer })).toEqual(expected);
      }
    }
    expect(chassis.drops("tunnel")).toBe(2);
  });

  it("shows marked packets to the tables as marked", () => {
    chassis.rule(TUNNEL, [{ type: "userspace", reason: "action", argument: 0, cookie: 0n }]);
    chassis.receive({
      payload: concat(GENEVE, ethernet(0x0800, ipv4({ ...ENDS, tos: 2 }, 17, udp(ENDS, 1, 2)))),
      tos: 3,
    });
    const [{ key }] = chassis.datapath.takeUpcalls();
    expect(key[KEY_NW_TOS]).toBe(3);
  });

  it.each([
    ["nothing", ""],
    ["half a header", "00006558"],
    ["another version", "40006558 00000500"],
    ["another protocol", "00000800 00000500"],
    ["options longer than the datagram", "3f006558 00000500"],
    ["an option longer than the options", "01006558 00000500 01028001"],
    ["a critical option nobody knows", "01006558 00000500 01038000"],
    ["no whole Ethernet header", "00006558 00000500 0102030405"],
  ])("counts %s as an error and drops it", (_, hex) => {
    const header = bytesOf(hex);
    const payload = header.length === 13 || header.length < 8 ? header : concat(header, new Uint8Array(40));
    expect(chassis.receive({ payload })).toEqual([]);
    expect(chassis.drops("tunnel")).toBe(1);
    expect(chassis.datapath.portStatistics(TUNNEL)).toMatchObject({ rxPackets: 0n, rxErrors: 1n });
  });

  it("survives any bytes, cut anywhere, and accounts for each piece", () => {
    const good = concat(bytesOf("02406558 00000500 01028001 00030001"), tcpFrame(1, 2, new Uint8Array(300)));
    let pieces = 0;
    for (let round = 0; round < 4000; round++) {
      const payload = Uint8Array.from({ length: pick(1200) }, () => pick(256));
      for (let at = 0; at < payload.length; at += good.length) {
        if (pick(3) > 0) payload.set(good.subarray(0, payload.length - at), at);
      }
      for (let i = pick(4); i > 0 && payload.length > 0; i--) payload[pick(payload.length)] = pick(256);
      const segment = pick(2) * pick(1500);
      chassis.receive({ payload, segment });
      const { rxPackets, rxErrors } = chassis.datapath.portStatistics(TUNNEL);
      pieces += segment === 0 ? 1 : Math.min(256, Math.max(1, Math.ceil(payload.length / segment)));
      expect(Number(rxPackets + rxErrors)).toBe(pieces);
    }
  });
});

describe("what went into a tunnel", () => {
  it("comes out of it unchanged, whatever the options, however bundled", () => {
    for (let round = 0; round < 30; round++) {
      const options = randomOptions();
      const [there, here] = [new Chassis("geneve", true), new Chassis()];
      for (const { datapath } of [there, here]) datapath.setGeneveOptions(options);
      const present = options.reduce((bits, { index }) => (pick(3) > 0 ? bits | (1n << BigInt(index)) : bits), 0n);
      const metadata = new Uint8Array(128);
      for (const { index, offset, bytes } of options) {
        if (present & (1n << BigInt(index))) for (let i = 0; i < bytes; i++) metadata[offset + i] = pick(256);
      }
      const fields = {
        id: BigInt(pick(1 << 24)),
        source: HERE,
        destination: THERE,
        tos: pick(64) << 2,
        present,
        metadata,
      };
      there.rule(1, intoTunnel(TUNNEL, fields));
      const frames = Array.from({ length: 60 }, (_, i) => {
        return pick(2) ? segment(i, { source: 1 + pick(3) }) : udpFrame(pick(4), 2, new Uint8Array(pick(1200)).fill(i));
      });
      for (const frame of frames) there.datapath.inject(1, frame);
      there.datapath.run();
      const arrived = there.datapath
        .takeDatagrams(TUNNEL)
        .flatMap((datagram) => here.receive({ ...datagram, port: 1 }));
      expect(arrived).toEqual(frames);

      here.rule(TUNNEL, [{ type: "userspace", reason: "action", argument: 0, cookie: 0n }]);
      const [datagram] = there.send(udpFrame());
      here.receive({ ...datagram, port: 1 });
      const [{ key }] = here.datapath.takeUpcalls();
      const view = new DataView(key.buffer);
      expect([view.getBigUint64(KEY_TUN_ID), view.getBigUint64(KEY_TUN_METADATA_PRESENT)]).toEqual([
        fields.id,
        present,
      ]);
      expect(key.slice(KEY_TUN_METADATA, KEY_TUN_METADATA + 128)).toEqual(metadata);
    }
  });
});

/** Up to ten options without gaps between their places. */
function randomOptions() {
  let offset = 0;
  return Array.from({ length: pick(10) }, (_, index) => {
    const option = { class: pick(65536), type: pick(256), bytes: pick(4) * 4, index, offset };
    offset += option.bytes;
    return option;
  }).filter(
    (option, i, all) => all.findIndex((other) => other.class === option.class && other.type === option.type) === i,
  );
}

/** Segment number i of a connection, with 100 bytes of data. */
function segment(i: number, header: Partial<Parameters<typeof tcp>[1]> = {}): Uint8Array {
  const fields = { source: 1, destination: 2, sequence: 1000 + i * 100, acknowledgement: 5, flags: 0x10, ...header };
  return ethernet(
    0x0800,
    ipv4({ ...ENDS, id: i, fragment: 0x4000 }, 6, tcp(ENDS, fields, new Uint8Array(100).fill(i))),
  );
}

/** The datagrams that the kernel makes of a message. */
function cut({ payload, segment }: Datagram): Uint8Array[] {
  const size = segment || payload.length;
  return Array.from({ length: Math.ceil(payload.length / size) }, (_, i) => payload.slice(i * size, (i + 1) * size));
}

/** Whether the checksums of a TCP/IPv4 frame are right. */
function isSound(frame: Uint8Array): boolean {
  const pseudo = concat(frame.slice(26, 34), [0, 6, (frame.length - 34) >> 8, (frame.length - 34) & 255]);
  return internetChecksum(frame.slice(14, 34)) === 0 && internetChecksum(concat(pseudo, frame.slice(34))) === 0;
}

function flip(frame: Uint8Array, at: number): Uint8Array {
  const copy = frame.slice();
  copy[at] ^= 1;
  return copy;
}

/** Numbers that are the same in every run (xorshift32). */
let state = 0x2545_f491;
function pick(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
