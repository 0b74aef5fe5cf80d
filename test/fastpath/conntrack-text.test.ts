/** dump-conntrack's lines: those of the real OVS come out again, letter by letter. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectionText } from "../../src/fastpath/conntrack-text.ts";
import type { Connection, ConnectionTuple } from "../../src/fastpath/datapath.ts";

const REFERENCE = new URL("../data/reference/", import.meta.url);
const GOLDEN = [
  { file: "1-single-chassis/dpctl-dump-conntrack.txt", more: false },
  { file: "1-single-chassis/dpctl-dump-conntrack-m.txt", more: true },
  { file: "2-router-lb/b2-gateway-router-lb_force_snat/dpctl-dump-conntrack.txt", more: false },
  { file: "4-udp-sctp-health/udp/dpctl-dump-conntrack.txt", more: true },
];
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };

function parseTuple(text: string, protocol: number): ConnectionTuple {
  const fields = new Map(text.split(",").map((pair) => pair.split("=") as [string, string]));
  const address = (name: string) => Uint8Array.from(fields.get(name)!.split(".").map(Number));
  return {
    protocol,
    source: address("src"),
    destination: address("dst"),
    sourcePort: Number(fields.get("sport")),
    destinationPort: Number(fields.get("dport")),
  };
}

/** Reads a golden line back into what it was printed from. */
function parseLine(line: string): Connection {
  const field = (name: string) => new RegExp(`${name}=([A-Z_\\d|]+)`).exec(line)?.[1];
  const tuple = (name: string) => new RegExp(`${name}=\\(([^)]*)\\)`).exec(line)![1];
  const protocol = PROTOCOLS[line.slice(0, line.indexOf(","))];
  const plainState = field("\\(state");
  const flags = (name: string) => (field(name) === "0" || field(name) === undefined ? [] : field(name)!.split("|"));
  return {
    original: parseTuple(tuple("orig"), protocol),
    reply: parseTuple(tuple("reply"), protocol),
    zone: Number(field("zone") ?? 0),
    mark: Number(field("mark") ?? 0),
    label: new Uint8Array(16),
    timeout: 0,
    ...(protocol === 6
      ? {
          tcp: {
            stateOriginal: plainState ?? field("state_orig")!,
            stateReply: plainState ?? field("state_reply")!,
            wscaleOriginal: Number(field("wscale_orig") ?? 0),
            wscaleReply: Number(field("wscale_reply") ?? 0),
            flagsOriginal: flags("flags_orig"),
            flagsReply: flags("flags_reply"),
          },
        }
      : {}),
  };
}

describe("dump-conntrack", () => {
  it.each(GOLDEN)("prints $file", ({ file, more }) => {
    const lines = readFileSync(new URL(file, REFERENCE), "utf8").trim().split("\n");
    expect(lines.map((line) => connectionText(parseLine(line), { more }))).toEqual(lines);
  });

  const ends = {
    source: Uint8Array.of(10, 0, 0, 1),
    destination: Uint8Array.of(10, 0, 0, 2),
    sourcePort: 0,
    destinationPort: 0,
  };
  const plain = { zone: 0, mark: 0, label: new Uint8Array(16), timeout: 29 };

  it("prints ICMP by identifier, type and code, and seconds when asked", () => {
    const original = { ...ends, protocol: 1, icmpId: 7, icmpType: 8, icmpCode: 0 };
    const reply = { ...original, source: original.destination, destination: original.source, icmpType: 0 };
    expect(connectionText({ ...plain, original, reply }, { statistics: true })).toBe(
      "icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=7,type=8,code=0),reply=(src=10.0.0.2,dst=10.0.0.1,id=7,type=0,code=0),timeout=29",
    );
  });

  it("prints labels without leading zeros, helpers, and parents with -m", () => {
    const label = new Uint8Array(16);
    label[13] = 0x0f;
    const tuple = { ...ends, protocol: 99 };
    const connection = {
      ...plain,
      original: tuple,
      reply: tuple,
      label,
      helper: "ftp",
      parent: { ...tuple, protocol: 6 },
    };
    expect(connectionText(connection, { more: true })).toBe(
      "99,orig=(src=10.0.0.1,dst=10.0.0.2,sport=0,dport=0),reply=(src=10.0.0.1,dst=10.0.0.2,sport=0,dport=0)" +
        ",id=0,status=0,labels=0xf0000,helper=ftp,parent=(src=10.0.0.1,dst=10.0.0.2,sport=0,dport=0)",
    );
  });

  it("shortens IPv6 addresses as RFC 5952 says", () => {
    const source = Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const tuple = { protocol: 17, source, destination: source, sourcePort: 1, destinationPort: 2 };
    expect(connectionText({ ...plain, original: tuple, reply: tuple })).toContain(
      "orig=(src=fd00::1,dst=fd00::1,sport=1,dport=2)",
    );
  });
});
