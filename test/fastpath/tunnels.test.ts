import { beforeEach, describe, expect, it } from "vitest";
import {
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_IPV6_SRC,
  KEY_TUN_METADATA,
  KEY_TUN_METADATA_PRESENT,
  KEY_TUN_SRC,
  KEY_TUN_TP_DST,
  KEY_TUN_TP_SRC,
  KEY_TUN_TTL,
  TUN_FLAG_CSUM,
  TUN_FLAG_DF,
  TUN_FLAG_KEY,
} from "../../assembly/layout/key.ts";
import { VNET_F_NEEDS_CSUM, VNET_GSO_TCPV4 } from "../../assembly/layout/packet.ts";
import { TUNNEL_GENEVE, TUNNEL_VXLAN } from "../../assembly/layout/program.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import { be16, bytesOf, concat, ethernet, ipv4, ipv4Address, ipv6, ipv6Address, udp } from "../model/frames.ts";
import { fromPort, tcpFrame, word } from "./match.ts";

const V4 = { source: ipv4Address("192.0.2.1"), destination: ipv4Address("192.0.2.2") };
const V6 = {
  source: ipv6Address("2001:0db8:0000:0000:0000:0000:0000:0001"),
  destination: ipv6Address("2001:0db8:0000:0000:0000:0000:0000:0002"),
};
/** VNI 0x123456, OVN's option (class 0x0102, type 0x80): 4 bytes. */
const GENEVE = bytesOf("02006558 12345600 01028001 00010002");
const VXLAN = bytesOf("08000000 12345600");
const OVN_OPTION = { class: 0x0102, type: 0x80, bytes: 4, index: 0, offset: 0 };
const GENEVE_PORT = 6081;
const VPORT = 40;

/** Outer headers as the slow path prepares them: no lengths, no ports, checksum wanted or not. */
function preparedHeader(tunnel: Uint8Array, version: 4 | 6, checksum: boolean): Uint8Array {
  const datagram = concat(be16(0), be16(GENEVE_PORT), be16(0), be16(checksum ? 0xffff : 0), tunnel);
  const packet = version === 4 ? ipv4({ ...V4, fragment: 0x4000 }, 17, datagram) : ipv6(V6, 17, datagram);
  return ethernet(version === 4 ? 0x0800 : 0x86dd, packet);
}

describe("tunnels", () => {
  let datapath: LocalDatapath;
  beforeEach(() => {
    datapath = new LocalDatapath({ seed: 1, features: 0, mtu: 9000 });
    for (const port of [1, 2, 3]) datapath.addTestPort(`p${port}`, port);
    datapath.setGeneveOptions([OVN_OPTION]);
    const arriving = fromPort(3);
    datapath.putFlow(arriving.key, arriving.mask, [{ type: "tunnel_pop", port: VPORT, kind: TUNNEL_GENEVE }]);
  });

  function install(port: number, actions: readonly DatapathAction[]): void {
    const { key, mask } = fromPort(port);
    datapath.putFlow(key, mask, actions);
  }

  function pass(port: number, frame: Uint8Array, vnet?: Uint8Array): Uint8Array[] {
    datapath.inject(port, frame, vnet);
    datapath.run();
    return datapath.takeTransmitted(2).map((sent) => sent.bytes);
  }

  const push = (header: Uint8Array, kind = TUNNEL_GENEVE): DatapathAction[] => [
    { type: "tunnel_push", port: 2, kind, header },
    { type: "output", port: 2 },
  ];
  const drops = () => Number(datapath.counters().drops.get("tunnel"));

  it.each([
    [4, true],
    [4, false],
    [6, true],
  ] as const)("prepend IPv%i outer headers, UDP checksum: %s", (version, checksum) => {
    const header = preparedHeader(GENEVE, version, checksum);
    install(1, push(header));
    const inner = tcpFrame();
    const [frame] = pass(1, inner);
    expect(frame.slice(header.length)).toEqual(inner);
    expect(frame.slice(0, 14)).toEqual(header.slice(0, 14));
    const view = new DataView(frame.buffer);
    const l4 = version === 4 ? 34 : 54;
    if (version === 4) {
      expect(view.getUint16(16)).toBe(frame.length - 14);
      expect(internetChecksum(frame.slice(14, 34))).toBe(0);
    } else {
      expect(view.getUint16(18)).toBe(frame.length - 54);
    }
    expect(view.getUint16(l4)).toBeGreaterThanOrEqual(32768);
    expect(view.getUint16(l4 + 2)).toBe(GENEVE_PORT);
    expect(view.getUint16(l4 + 4)).toBe(frame.length - l4);
    const ends = version === 4 ? V4 : V6;
    if (checksum)
      expect(
        internetChecksum(frame.slice(l4), pseudoHeaderSum(ends.source, ends.destination, 17, frame.length - l4)),
      ).toBe(0);
    else expect(view.getUint16(l4 + 6)).toBe(0);
  });

  it("give the packets of one connection one source port, and others others", () => {
    install(1, push(preparedHeader(GENEVE, 4, false)));
    const port = (source: number) => new DataView(pass(1, tcpFrame(source))[0].buffer).getUint16(34);
    const ports = Array.from({ length: 50 }, (_, i) => port(1000 + i));
    expect(port(1000)).toBe(ports[0]);
    expect(new Set(ports).size).toBeGreaterThan(40);
  });

  it("cut super-packets first", () => {
    install(1, push(preparedHeader(GENEVE, 4, true)));
    const frames = datapathWithOffloads().pass(1, tcpFrame(1, 2, new Uint8Array(4000)));
    expect(frames.map((frame) => frame.length)).toEqual([1514, 1514, 1134].map((length) => length + 58));
  });

  /** Ports that take offload headers, so that a super-packet can come in. */
  function datapathWithOffloads() {
    datapath = new LocalDatapath({ seed: 1, mtu: 9000 });
    for (const port of [1, 2, 3]) datapath.addTestPort(`p${port}`, port);
    install(1, push(preparedHeader(GENEVE, 4, true)));
    const superPacket = bytesOf(`0${VNET_F_NEEDS_CSUM}0${VNET_GSO_TCPV4} 3600 b405 2200 1000`);
    return { pass: (port: number, frame: Uint8Array) => pass(port, frame, superPacket) };
  }

  it("drop what has no room for the header", () => {
    install(1, push(concat(preparedHeader(GENEVE, 4, false), new Uint8Array(200))));
    expect(pass(1, tcpFrame())).toEqual([]);
    expect(drops()).toBe(1);
  });

  it("take Geneve off and match on the outer headers and options", () => {
    const inner = tcpFrame();
    const outer = ethernet(
      0x0800,
      ipv4({ ...V4, fragment: 0x4000, ttl: 61 }, 17, udp(V4, 50_000, GENEVE_PORT, concat(GENEVE, inner))),
    );
    install(VPORT, [
      { type: "userspace", reason: "action", argument: 0, cookie: 0n },
      { type: "output", port: 2 },
    ]);
    expect(pass(3, outer)).toEqual([inner]);
    const [{ key, inPort, depth }] = datapath.takeUpcalls();
    expect([inPort, depth]).toEqual([VPORT, 1]);
    const at = (offset: number, length: number) => Buffer.from(key.subarray(offset, offset + length)).toString("hex");
    expect(at(KEY_TUN_ID, 8)).toBe("0000000000123456");
    expect(at(KEY_TUN_SRC, 4)).toBe("c0000201");
    expect(at(KEY_TUN_DST, 4)).toBe("c0000202");
    expect(at(KEY_TUN_TP_SRC, 2)).toBe("c350");
    expect(at(KEY_TUN_TP_DST, 2)).toBe("17c1");
    expect(key[KEY_TUN_TTL]).toBe(61);
    expect(key[KEY_TUN_FLAGS + 1]).toBe(TUN_FLAG_KEY | TUN_FLAG_CSUM | TUN_FLAG_DF);
    expect(at(KEY_TUN_METADATA_PRESENT, 8)).toBe("0000000000000001");
    expect(at(KEY_TUN_METADATA, 4)).toBe("00010002");
  });

  it("take VXLAN over IPv6 without a checksum off", () => {
    const datagram = concat(be16(50_000), be16(4789), be16(16 + tcpFrame().length), be16(0), VXLAN, tcpFrame());
    const outer = ethernet(0x86dd, ipv6(V6, 17, datagram));
    install(1, [{ type: "tunnel_pop", port: VPORT, kind: TUNNEL_VXLAN }]);
    const { key, mask } = fromPort(
      VPORT,
      0,
      { offset: KEY_TUN_ID + 4, bytes: word(0x123456) },
      { offset: KEY_TUN_IPV6_SRC, bytes: V6.source },
    );
    datapath.putFlow(key, mask, [{ type: "output", port: 2 }]);
    expect(pass(1, outer)).toEqual([tcpFrame()]);
  });

  it.each([
    ["without the flag that makes its VNI valid", "00000000 12345600"],
    ["with other flags only", "f7000000 12345600"],
  ])("drop a VXLAN header %s", (_, header) => {
    const inner = tcpFrame();
    const arrive = (tunnel: string): void => {
      const datagram = concat(be16(50_000), be16(4789), be16(16 + inner.length), be16(0), bytesOf(tunnel), inner);
      expect(pass(1, ethernet(0x0800, ipv4(V4, 17, datagram)))).toEqual([]);
    };
    install(1, [{ type: "tunnel_pop", port: VPORT, kind: TUNNEL_VXLAN }]);
    arrive("08000000 12345600");
    expect([drops(), datapath.takeUpcalls().length]).toEqual([0, 1]);
    arrive(header);
    expect([drops(), datapath.takeUpcalls().length]).toEqual([1, 0]);
  });

  it("undo each other", () => {
    install(1, push(preparedHeader(GENEVE, 4, true)));
    install(VPORT, [{ type: "output", port: 2 }]);
    const inner = tcpFrame(7, 8, new Uint8Array(1000).fill(9));
    const [outer] = pass(1, inner);
    expect(pass(3, outer)).toEqual([inner]);
  });

  it("are taken off a clone as well: its inner headers may lie across head and payload", () => {
    const pad = new Uint8Array(120); // a long unknown option that is not critical
    const option = concat(bytesOf("ffff001e"), pad);
    const geneve = concat(bytesOf("1f006558 00000700"), option);
    const inner = tcpFrame(
      7,
      8,
      Uint8Array.from({ length: 800 }, (_, i) => i & 255),
    );
    const outer = ethernet(0x0800, ipv4(V4, 17, udp(V4, 50_000, GENEVE_PORT, concat(geneve, inner))));
    install(1, [
      { type: "tunnel_pop", port: VPORT, kind: TUNNEL_GENEVE },
      { type: "output", port: 1 },
    ]);
    install(VPORT, [{ type: "output", port: 2 }]);
    expect(pass(1, outer)).toEqual([inner]);
    expect(datapath.takeTransmitted(1).map((frame) => frame.bytes)).toEqual([outer]);
  });

  const damaged: readonly (readonly [string, (tunnel: Uint8Array) => Uint8Array])[] = [
    ["another version", (tunnel) => concat([tunnel[0] | 0x40], tunnel.slice(1))],
    ["an inner protocol that is not Ethernet", (tunnel) => concat(tunnel.slice(0, 2), [8, 0], tunnel.slice(4))],
    ["options longer than the packet", () => bytesOf("3f006558 12345600")],
    ["an option longer than the options", (tunnel) => concat(tunnel.slice(0, 11), [2], tunnel.slice(12))],
    ["a critical option that nobody knows", (tunnel) => concat(tunnel.slice(0, 8), [9, 9], tunnel.slice(10))],
  ];
  it.each(damaged)("drop a Geneve header with %s", (_, damage) => {
    install(VPORT, [{ type: "output", port: 2 }]);
    const outer = ethernet(0x0800, ipv4(V4, 17, udp(V4, 50_000, GENEVE_PORT, concat(damage(GENEVE), tcpFrame()))));
    expect(pass(3, outer)).toEqual([]);
    expect(drops()).toBe(1);
  });

  it("drop a wrong outer checksum, and what is no UDP at all", () => {
    install(VPORT, [{ type: "output", port: 2 }]);
    const outer = ethernet(0x0800, ipv4(V4, 17, udp(V4, 50_000, GENEVE_PORT, concat(GENEVE, tcpFrame()))));
    outer[outer.length - 1] ^= 1;
    expect([...pass(3, outer), ...pass(3, tcpFrame())]).toEqual([]);
    expect(drops()).toBe(2);
  });
});
