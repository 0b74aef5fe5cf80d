/** The 641 recorded choices of OVS 3.1: dp_hash values, dp_hash slots and hashes over selection fields. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { KEY_ETH_SRC, KEY_NW_DST, KEY_NW_SRC, KEY_TP_DST, KEY_TP_SRC } from "../../assembly/layout/key.ts";
import { PACKET_KEY, PACKET_RSS_HASH } from "../../assembly/layout/packet.ts";
import { HASH_L4, OP_SELECT_TABLES, SELECT_BUCKET_ID, SELECT_BUCKET_SIZE } from "../../assembly/layout/program.ts";
import { ARENA_BASE } from "../../assembly/memory.ts";
import type { SelectAction, SelectBucket } from "../../src/fastpath/datapath-action.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { encodeProgram } from "../../src/fastpath/program.ts";
import { selectSlots } from "../../src/fastpath/select-slots.ts";
import { fromPort } from "../fastpath/match.ts";
import { bytesOf, concat, ethernet, ipv4, ipv4Address, MAC_B, sctp, tcp, udp } from "../model/frames.ts";
import { type FastPath, instantiateFastPath } from "../model/module.ts";
import { parseFrame } from "../model/packet-record.ts";

interface DpHashVector {
  src: string;
  dst: string;
  proto: number;
  sport: number;
  dport: number;
  dp_hash: string;
}

interface SlotVector {
  backends: number;
  dp_hash: string;
  bucket: number;
}

interface FieldsVector {
  fields: string;
  eth_src: string;
  ip_src: string;
  ip_dst: string;
  tp_src: number;
  tp_dst: number;
  bucket: number;
}

function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../data/reference/hash/${name}.json`, import.meta.url), "utf8"));
}

/** In the order in which OVS hashes them. */
const FIELDS = [
  { name: "eth_src", keyOffset: KEY_ETH_SRC, bytes: 6 },
  { name: "ip_src", keyOffset: KEY_NW_SRC, bytes: 4 },
  { name: "ip_dst", keyOffset: KEY_NW_DST, bytes: 4 },
  { name: "tp_src", keyOffset: KEY_TP_SRC, bytes: 2 },
  { name: "tp_dst", keyOffset: KEY_TP_DST, bytes: 2 },
];

function buckets(count: number, change: Partial<SelectBucket>[] = []): SelectBucket[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    weight: 100,
    alive: true,
    actions: [{ type: "output", port: id }],
    counters: 0,
    ...change[id],
  }));
}

describe("select groups against OVS", () => {
  let fastPath: FastPath;
  beforeAll(() => {
    fastPath = instantiateFastPath();
    fastPath.call.lookupInitialize();
  });

  /** The id of the bucket that the fast path chooses, undefined for none. */
  function choose(packet: number, action: SelectAction): number | undefined {
    fastPath.bytes.set(encodeProgram([action]), ARENA_BASE);
    const bucket = fastPath.call.chooseBucket(packet, ARENA_BASE) >>> 0;
    return bucket === 0 ? undefined : fastPath.view.getUint32(bucket + SELECT_BUCKET_ID, true);
  }

  it("makes the 65 recorded dp_hash values of the packets' 5-tuples", () => {
    const recorded = vectors<DpHashVector>("dp_hash_l4");
    expect(recorded).toHaveLength(65);
    for (const { src, dst, proto, sport, dport, dp_hash } of recorded) {
      const ip = { source: ipv4Address(src), destination: ipv4Address(dst) };
      const transport = {
        6: () => tcp(ip, { source: sport, destination: dport }),
        17: () => udp(ip, sport, dport),
        132: () => sctp(sport, dport),
      }[proto]!();
      const packet = parseFrame(fastPath, ethernet(0x0800, ipv4(ip, proto, transport)));
      expect(fastPath.call.dpHash(packet, HASH_L4, 0) >>> 0).toBe(Number(dp_hash));
    }
  });

  it("leads the 192 recorded dp_hash values to the recorded slots' buckets", () => {
    const recorded = vectors<SlotVector>("dp_hash_slots");
    expect(recorded).toHaveLength(192);
    for (const { backends, dp_hash, bucket } of recorded) {
      const slots = selectSlots(buckets(backends))!;
      expect(slots[Number(dp_hash) & (slots.length - 1)]).toBe(bucket);
    }
  });

  it("leads packets through the same slots inside the fast path", () => {
    const ip = { source: ipv4Address("2.1.1.10"), destination: ipv4Address("1.1.1.50") };
    for (const backends of [1, 2, 3, 5, 16, 17, 64]) {
      const action: SelectAction = {
        type: "select",
        method: { kind: "dp_hash", basis: 0, algorithm: "l4" },
        buckets: buckets(backends),
      };
      const slots = selectSlots(action.buckets)!;
      for (let port = 40000; port < 40064; port++) {
        const packet = parseFrame(fastPath, ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source: port, destination: 80 }))));
        const hash = fastPath.call.dpHash(packet, HASH_L4, 0) >>> 0;
        expect(choose(packet, action)).toBe(slots[hash % slots.length]);
      }
    }
  });

  it("leads a whole batch through the same slots, bursts and single packets", () => {
    const ip = { source: ipv4Address("2.1.1.10"), destination: ipv4Address("1.1.1.50") };
    const group = buckets(16);
    const slots = selectSlots(group)!;
    const datapath = new LocalDatapath({ seed: 3 });
    for (const { id } of group) datapath.addTestPort(`out${id}`, id);
    datapath.addTestPort("in", 16);
    const { key, mask } = fromPort(16);
    const method: SelectAction["method"] = { kind: "dp_hash", basis: 0, algorithm: "l4" };
    datapath.putFlow(key, mask, [{ type: "select", method, buckets: group }]);
    datapath.run();
    const expected = group.map((): string[] => []);
    for (let i = 0; i < 61; i++) {
      const port = 40000 + (i < 20 ? Math.trunc(i / 7) : i);
      const frame = ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source: port, destination: 80, sequence: i })));
      const hash = fastPath.call.dpHash(parseFrame(fastPath, frame), HASH_L4, 0) >>> 0;
      expected[slots[hash % slots.length]].push(Buffer.from(frame).toString("hex"));
      datapath.inject(16, frame);
    }
    datapath.run();
    const sent = group.map(({ id }) =>
      datapath.takeTransmitted(id).map(({ bytes }) => Buffer.from(bytes).toString("hex")),
    );
    expect(sent).toEqual(expected);
  });

  it("chooses the 384 recorded buckets by selection fields", () => {
    const recorded = vectors<FieldsVector>("fields_hash");
    expect(recorded).toHaveLength(384);
    for (const vector of recorded) {
      const ip = { source: ipv4Address(vector.ip_src), destination: ipv4Address(vector.ip_dst) };
      const segment = tcp(ip, { source: vector.tp_src, destination: vector.tp_dst });
      const frame = concat(MAC_B, bytesOf(vector.eth_src.replaceAll(":", "")), [8, 0], ipv4(ip, 6, segment));
      const named = vector.fields.split(",");
      const fields = FIELDS.filter(({ name }) => named.includes(name)).map(({ keyOffset, bytes }) => ({
        keyOffset,
        mask: new Uint8Array(bytes).fill(0xff),
      }));
      const action: SelectAction = {
        type: "select",
        method: { kind: "fields", param: 0n, fields },
        buckets: buckets(2),
      };
      expect(choose(parseFrame(fastPath, frame), action)).toBe(vector.bucket);
    }
  });

  it("never chooses a dead bucket or one of weight 0", () => {
    const fields = [{ keyOffset: KEY_TP_SRC, mask: new Uint8Array(2).fill(0xff) }];
    const states = buckets(4, [{ alive: false }, {}, { weight: 0 }, {}]);
    const methods: SelectAction["method"][] = [
      { kind: "dp_hash", basis: 7, algorithm: "l4" },
      { kind: "dp_hash", basis: 7, algorithm: "sym_l4" },
      { kind: "fields", param: 5n, fields },
    ];
    const ip = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
    for (const method of methods) {
      const chosen = new Set<number | undefined>();
      for (let port = 1; port < 200; port++) {
        const packet = parseFrame(fastPath, ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source: port, destination: 80 }))));
        chosen.add(choose(packet, { type: "select", method, buckets: states }));
      }
      expect([...chosen].sort()).toEqual([1, 3]);
    }
  });

  it("chooses none when no bucket lives", () => {
    const states = buckets(2, [{ alive: false }, { alive: false }]);
    const packet = parseFrame(fastPath, new Uint8Array(60));
    for (const method of [
      { kind: "dp_hash", basis: 0, algorithm: "l4" },
      { kind: "fields", param: 0n, fields: [] },
    ] satisfies SelectAction["method"][]) {
      expect(choose(packet, { type: "select", method, buckets: states })).toBeUndefined();
      expect(choose(packet, { type: "select", method, buckets: [] })).toBeUndefined();
    }
  });

  it("prefers the later one of buckets with equal scores", () => {
    const equal = buckets(3).map((bucket) => ({ ...bucket, id: 7 }));
    const action: SelectAction = { type: "select", method: { kind: "fields", param: 0n, fields: [] }, buckets: equal };
    const packet = parseFrame(fastPath, new Uint8Array(60));
    expect(choose(packet, action)).toBe(7);
    const chosen = fastPath.call.chooseBucket(packet, ARENA_BASE) >>> 0;
    expect(chosen).toBe(ARENA_BASE + OP_SELECT_TABLES + 2 * SELECT_BUCKET_SIZE);
  });

  it("hashes only the masked bits of a field", () => {
    const ip = (last: number) => ({ source: ipv4Address(`10.0.0.${last}`), destination: ipv4Address("10.0.1.1") });
    const action: SelectAction = {
      type: "select",
      method: { kind: "fields", param: 1n, fields: [{ keyOffset: KEY_NW_SRC, mask: bytesOf("ffffff00") }] },
      buckets: buckets(16),
    };
    const chosen = new Set<number | undefined>();
    for (let last = 1; last < 100; last++) {
      chosen.add(choose(parseFrame(fastPath, ethernet(0x0800, ipv4(ip(last), 17, udp(ip(last), 1, 2)))), action));
    }
    expect(chosen.size).toBe(1);
  });

  it("hashes Ethernet without IP by addresses and VLAN ids, the same both ways and whatever the priority", () => {
    const A = bytesOf("020000000001");
    const B = bytesOf("020000000002");
    const hash = (from: Uint8Array, to: Uint8Array, tags: string, type = "88b5"): number => {
      const packet = parseFrame(fastPath, concat(to, from, bytesOf(tags), bytesOf(type), new Uint8Array(46)));
      return fastPath.call.symmetricHash(fastPath.view.getUint32(packet + PACKET_KEY, true), 7) >>> 0;
    };
    const tagged = hash(A, B, "8100 0005");
    expect(hash(B, A, "8100 0005")).toBe(tagged);
    expect(hash(A, B, "8100 e005")).toBe(tagged);
    const others = [
      hash(A, B, ""),
      hash(A, B, "8100 0006"),
      hash(A, B, "8100 0105"),
      hash(A, B, "88a8 0030 8100 0005"),
      hash(A, A, "8100 0005"),
      hash(A, bytesOf("020000010002"), "8100 0005"),
      hash(A, B, "8100 0005", "88b6"),
    ];
    expect(new Set([tagged, ...others]).size).toBe(others.length + 1);
    // Two tags count by what tells them apart.
    expect(hash(A, B, "88a8 0005 8100 0003")).toBe(hash(A, B, "88a8 0003 8100 0005"));
  });

  it("gives both directions of a connection the same symmetric hash, and other connections another", () => {
    const there = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
    const back = { source: there.destination, destination: there.source };
    const hash = (ip: typeof there, source: number, destination: number) => {
      const packet = parseFrame(fastPath, ethernet(0x0800, ipv4(ip, 6, tcp(ip, { source, destination }))));
      return fastPath.call.dpHash(packet, 1, 3);
    };
    expect(hash(there, 1234, 80)).toBe(hash(back, 80, 1234));
    expect(hash(there, 1234, 80)).not.toBe(hash(there, 1235, 80));
  });

  it("never gives dp_hash 0, which means not computed", () => {
    const packet = parseFrame(fastPath, new Uint8Array(60));
    // hash_int(x, 0) is 0 for exactly one x; found by running the mixing backwards.
    fastPath.view.setUint32(packet + PACKET_RSS_HASH, zeroOfHashInt(), true);
    expect(fastPath.call.hashInt(zeroOfHashInt(), 0)).toBe(0);
    expect(fastPath.call.dpHash(packet, HASH_L4, 0)).toBe(1);
  });

  it("keeps the slot table where layout/program.ts says", () => {
    const action: SelectAction = {
      type: "select",
      method: { kind: "dp_hash", basis: 0, algorithm: "l4" },
      buckets: buckets(2),
    };
    const program = new DataView(encodeProgram([action]).buffer);
    expect([0, 2, 4, 6].map((at) => program.getUint16(OP_SELECT_TABLES + at, true))).toEqual([0, 1, 0, 1]);
  });
});

/** The x with hash_int(x, 0) = 0: the finishing mix maps only 0 to 0, so both turns must arrive at the constant 8. */
function zeroOfHashInt(): number {
  const turnBack = (hash: number): number => {
    const inverseOf5 = 0xcccccccd;
    const product = Math.imul(hash - 0xe6546b64, inverseOf5) >>> 0;
    return ((product >>> 13) | (product << 19)) >>> 0;
  };
  return turnBack(turnBack(8));
}
