/** What the network learns from packets: neighbours of routers, stations behind ports with unknown addresses. */
import { beforeEach, describe, expect, test } from "vitest";
import { recorded } from "./support/data.ts";
import { advertisement, arpReply, arpRequest, ping, type Station, solicitation, told } from "./support/frames.ts";
import { Network } from "./support/network.ts";

const CLIENT: Station = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
const ROUTER: Station = { mac: "00:00:00:00:10:00", ip: "1.1.1.1" };
const GATEWAY = "00:00:00:00:20:00";
/** Behind a port that allows anything, and in no column of the database. */
const STRANGER: Station = { mac: "02:00:00:00:00:77", ip: "1.1.1.77" };

describe("a next hop nobody configured", () => {
  let network: Network;
  beforeEach(async () => {
    network = await Network.make(recorded("northbound/plain.nbctl"), []);
    network.run("lsp-add ls1 wild -- lsp-set-addresses wild unknown");
    for (const port of ["a", "c", "wild"]) await network.attach(port);
  });

  const whoHas = `${ROUTER.mac} > ff:ff:ff:ff:ff:ff: arp who-has 1.1.1.77 tell 1.1.1.1`;
  const arrives = `${ROUTER.mac} > ${STRANGER.mac}: 2.1.1.10 > 1.1.1.77 icmp 8/0 ttl 63`;

  test("is asked for, and the packet that waited goes out when it answers", () => {
    expect(told(network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip)))).toEqual({ a: [whoHas], wild: [whoHas] });
    expect(told(network.send("wild", arpReply(STRANGER, ROUTER)))).toEqual({ wild: [arrives] });
  });

  test("is known from then on", () => {
    network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip));
    network.send("wild", arpReply(STRANGER, ROUTER));
    expect(told(network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip)))).toEqual({ wild: [arrives] });
  });

  test("is learned from what it announces of itself, too", () => {
    network.send("wild", arpRequest(STRANGER, STRANGER.ip));
    expect(told(network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip)))).toEqual({ wild: [arrives] });
  });

  test("takes a new Ethernet address when it says so", () => {
    network.send("wild", arpRequest(STRANGER, STRANGER.ip));
    const moved = { ...STRANGER, mac: "02:00:00:00:00:78" };
    network.send("wild", arpRequest(moved, moved.ip));
    expect(told(network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip)))).toEqual({
      wild: [arrives.replace(STRANGER.mac, moved.mac)],
    });
  });

  test("that never answers gets the last four packets at most, for ten seconds", () => {
    for (let i = 0; i < 6; i++) network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip));
    expect(told(network.send("wild", arpReply(STRANGER, ROUTER))).wild).toHaveLength(4);

    const later = { mac: "02:00:00:00:00:79", ip: "1.1.1.79" };
    network.send("c", ping(GATEWAY, CLIENT, later.ip));
    network.datapath.advanceTime(10_001);
    expect(network.send("wild", arpReply(later, ROUTER))).toEqual({});
  });

  test("is forgotten with the router's port", () => {
    network.send("wild", arpRequest(STRANGER, STRANGER.ip));
    network.run("lrp-del r1-p1 -- lrp-add r1 r1-p1 00:00:00:00:10:00 1.1.1.1/24");
    expect(told(network.send("c", ping(GATEWAY, CLIENT, STRANGER.ip))).wild).toEqual([whoHas]);
  });
});

describe("stations behind ports with unknown addresses", () => {
  const A: Station = { mac: "02:00:00:00:00:0a", ip: "10.0.0.1" };
  const B: Station = { mac: "02:00:00:00:00:0b", ip: "10.0.0.2" };
  let network: Network;
  beforeEach(async () => {
    const ports = ["one", "two", "three"].map((port) => `lsp-add s ${port} -- lsp-set-addresses ${port} unknown`);
    network = await Network.make(["ls-add s", ...ports].join("\n"), ["one", "two", "three"]);
  });

  test("are flooded to until they are heard", () => {
    expect(Object.keys(network.send("one", ping(B.mac, A, B.ip)))).toEqual(["two", "three"]);
    network.send("two", arpRequest(B, A.ip));
    expect(Object.keys(network.send("one", ping(B.mac, A, B.ip)))).toEqual(["two"]);
  });

  test("move when they are heard elsewhere", () => {
    network.send("two", arpRequest(B, A.ip));
    network.send("three", arpRequest(B, A.ip));
    expect(Object.keys(network.send("one", ping(B.mac, A, B.ip)))).toEqual(["three"]);
  });

  test("of a secured port are not learned", () => {
    network.run(`lsp-set-port-security two ${B.mac}`);
    network.send("two", arpRequest(B, A.ip));
    expect(Object.keys(network.send("one", ping(B.mac, A, B.ip)))).toEqual(["two", "three"]);
  });
});

describe("IPv6", () => {
  const P: Station = { mac: "aa:aa:aa:00:00:01", ip: "fd01::10" };
  const Q: Station = { mac: "aa:aa:aa:00:00:02", ip: "fd02::10" };
  const commands = [
    "lr-add r -- lrp-add r r-1 00:00:00:00:01:00 fd01::1/64 -- lrp-add r r-2 00:00:00:00:02:00 fd02::1/64",
    "ls-add s1 -- lsp-add s1 s1-r -- lsp-set-type s1-r router -- lsp-set-addresses s1-r router -- lsp-set-options s1-r router-port=r-1",
    "ls-add s2 -- lsp-add s2 s2-r -- lsp-set-type s2-r router -- lsp-set-addresses s2-r router -- lsp-set-options s2-r router-port=r-2",
    `lsp-add s1 p -- lsp-set-addresses p "${P.mac} ${P.ip}" -- lsp-set-port-security p "${P.mac} ${P.ip}"`,
    `lsp-add s2 q -- lsp-set-addresses q "${Q.mac} ${Q.ip}"`,
    "lsp-add s2 wild -- lsp-set-addresses wild unknown",
  ].join("\n");
  let network: Network;
  beforeEach(async () => {
    network = await Network.make(commands, ["p", "q", "wild"]);
  });

  test("the switch advertises the router's address", () => {
    expect(told(network.send("p", solicitation(P, "fd01::1")))).toEqual({
      p: ["00:00:00:00:01:00 > aa:aa:aa:00:00:01: fd01::1 > fd01::10 icmp 136/0 ttl 255"],
    });
  });

  test("the router answers pings", () => {
    expect(told(network.send("p", ping("00:00:00:00:01:00", P, "fd02::1")))).toEqual({
      p: ["00:00:00:00:01:00 > aa:aa:aa:00:00:01: fd02::1 > fd01::10 icmp 129/0 ttl 254"],
    });
  });

  test("is routed", () => {
    expect(told(network.send("p", ping("00:00:00:00:01:00", P, Q.ip)))).toEqual({
      q: ["00:00:00:00:02:00 > aa:aa:aa:00:00:02: fd01::10 > fd02::10 icmp 128/0 ttl 63"],
    });
  });

  test("a hop limit of 1 ends at the router, which says so", () => {
    expect(told(network.send("p", ping("00:00:00:00:01:00", P, Q.ip, 1)))).toEqual({
      p: ["00:00:00:00:01:00 > aa:aa:aa:00:00:01: fd01::1 > fd01::10 icmp 3/0 ttl 254"],
    });
  });

  test("an unknown next hop is solicited, and the packet that waited goes out when it answers", () => {
    const stranger: Station = { mac: "02:00:00:00:00:99", ip: "fd02::99" };
    const solicited = "00:00:00:00:02:00 > 33:33:ff:00:00:99: fd02::1 > ff02::1:ff00:99 icmp 135/0 ttl 255";
    expect(told(network.send("p", ping("00:00:00:00:01:00", P, stranger.ip)))).toEqual({
      q: [solicited],
      wild: [solicited],
    });
    const answer = advertisement(stranger, { mac: "00:00:00:00:02:00", ip: "fd02::1" });
    expect(told(network.send("wild", answer))).toEqual({
      wild: ["00:00:00:00:02:00 > 02:00:00:00:00:99: fd01::10 > fd02::99 icmp 128/0 ttl 63"],
    });
  });

  test("port security drops a foreign IPv6 source", () => {
    expect(network.send("p", ping("00:00:00:00:01:00", { ...P, ip: "fd01::66" }, Q.ip))).toEqual({});
  });
});
