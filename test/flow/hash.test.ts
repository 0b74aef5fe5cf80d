/** The hashes that OpenFlow semantics fix, against numbers worked out with OVS's own lib/hash.h and lib/flow.c semantics. */
import { beforeAll, describe, expect, it } from "vitest";
import { PACKET_KEY, PACKET_RSS_HASH } from "../../assembly/layout/packet.ts";
import { SCRATCH_BASE } from "../../assembly/memory.ts";
import { arp, bytesOf, ethernet, icmpv6, ipv4, ipv4Address, ipv6, ipv6Address, tcp, udp } from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { parseFrame } from "../model/packet-record.ts";

const A4 = { source: ipv4Address("192.168.1.10"), destination: ipv4Address("10.0.0.80") };
const A6 = { source: ipv6Address("fd00:0:0:0:0:0:0:a"), destination: ipv6Address("fd00:0:0:0:0:0:0:b") };

/** MurmurHash3's step on one word, with 64-bit arithmetic: nothing shared with the fast path's. */
function add(hash: bigint, word: bigint): bigint {
  const rotate = (x: bigint, k: bigint) => BigInt.asUintN(32, (x << k) | (x >> (32n - k)));
  const scrambled = BigInt.asUintN(32, rotate(BigInt.asUintN(32, word * 0xcc9e2d51n), 15n) * 0x1b873593n);
  return BigInt.asUintN(32, rotate(hash ^ scrambled, 13n) * 5n + 0xe6546b64n);
}

function finish(hash: bigint, length: bigint): number {
  let mixed = hash ^ length;
  mixed = BigInt.asUintN(32, (mixed ^ (mixed >> 16n)) * 0x85ebca6bn);
  mixed = BigInt.asUintN(32, (mixed ^ (mixed >> 13n)) * 0xc2b2ae35n);
  return Number(mixed ^ (mixed >> 16n));
}

/** Hash over words given as bytes in memory order. */
function hashOfWords(words: Uint8Array, length: bigint): number {
  const view = new DataView(words.buffer, words.byteOffset, words.length);
  let hash = 0n;
  for (let at = 0; at < words.length; at += 4) hash = add(hash, BigInt(view.getUint32(at, true)));
  return finish(hash, length);
}

describe("5-tuple hash", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
  });

  const rssHash = (frame: Uint8Array) => fastPath.view.getUint32(parseFrame(fastPath, frame) + PACKET_RSS_HASH, true);
  const word = (protocol: number) => Uint8Array.of(protocol, 0, 0, 0);

  it("of IPv4 TCP is over addresses, protocol and both ports", () => {
    const frame = ethernet(0x0800, ipv4(A4, 6, tcp(A4, { source: 0x1234, destination: 0x5678 })));
    const words = Buffer.concat([A4.source, A4.destination, word(6), bytesOf("12345678")]);
    expect(rssHash(frame)).toBe(hashOfWords(words, 42n));
  });

  it("of IPv6 UDP is over 32 bytes of addresses, protocol and both ports", () => {
    const frame = ethernet(0x86dd, ipv6(A6, 17, udp(A6, 0x1234, 0x5678)));
    const words = Buffer.concat([A6.source, A6.destination, word(17), bytesOf("12345678")]);
    expect(rssHash(frame)).toBe(hashOfWords(words, 42n));
  });

  it("of ICMPv6 takes type and code for ports", () => {
    const frame = ethernet(0x86dd, ipv6(A6, 58, icmpv6(A6, 128, 3, bytesOf("00000000"))));
    const words = Buffer.concat([A6.source, A6.destination, word(58), bytesOf("00800003")]);
    expect(rssHash(frame)).toBe(hashOfWords(words, 42n));
  });

  it("of another protocol leaves ports out", () => {
    const frame = ethernet(0x0800, ipv4(A4, 47, new Uint8Array(8)));
    expect(rssHash(frame)).toBe(hashOfWords(Buffer.concat([A4.source, A4.destination, word(47)]), 42n));
  });

  it("of a later fragment hashes ports of 0", () => {
    const frame = ethernet(0x0800, ipv4({ ...A4, fragment: 1 }, 17, new Uint8Array(8)));
    const words = Buffer.concat([A4.source, A4.destination, word(17), new Uint8Array(4)]);
    expect(rssHash(frame)).toBe(hashOfWords(words, 42n));
  });

  it("of ARP is over its addresses and operation", () => {
    const frame = ethernet(0x0806, arp(2, A4.source, A4.destination));
    expect(rssHash(frame)).toBe(hashOfWords(Buffer.concat([A4.source, A4.destination, word(2)]), 42n));
  });

  it("of anything else is one constant", () => {
    expect(rssHash(ethernet(0x88cc, new Uint8Array(46)))).toBe(finish(0n, 42n));
    expect(rssHash(new Uint8Array(5))).toBe(finish(0n, 42n));
  });

  it("takes a basis", () => {
    const packet = parseFrame(fastPath, ethernet(0x88cc, new Uint8Array(46)));
    const key = fastPath.view.getUint32(packet + PACKET_KEY, true);
    expect(fastPath.call.hash5Tuple(key, 7) >>> 0).toBe(finish(7n, 42n));
  });
});

describe("hashBytes", () => {
  it("pads the last word with zeros and ends with the length", () => {
    const fastPath = instantiateFastPath();
    const bytes = bytesOf("0102030405060708090a0b");
    for (let length = 0; length <= bytes.length; length++) {
      fastPath.bytes.set(bytes, SCRATCH_BASE);
      const padded = new Uint8Array(Math.ceil(length / 4) * 4);
      padded.set(bytes.subarray(0, length));
      expect(fastPath.call.hashBytes(SCRATCH_BASE, length, 0) >>> 0).toBe(hashOfWords(padded, BigInt(length)));
    }
  });
});
