/** UDP, ICMP, SCTP and protocols without ports. */
import { beforeEach, describe, expect, it } from "vitest";
import { bytesOf, concat } from "../model/frames.ts";
import { echo, end, ipFrame, sctp, sctpInit, tcp, udp, unreachable } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

const tracker = new Tracker();
const commit: Ct = { commit: true };
beforeEach(() => tracker.flushAll());

const PAIRS = [
  { family: "IPv4", a: "10.0.0.1", b: "10.0.0.2" },
  { family: "IPv6", a: "[fd00::1]", b: "[fd00::2]" },
];

describe.each(PAIRS)("over $family", ({ a, b }) => {
  it("a UDP flow is new until it is answered", () => {
    expect(tracker.state(udp(`${a}:53`, `${b}:5353`), commit)).toBe("+new+trk");
    expect(tracker.state(udp(`${a}:53`, `${b}:5353`))).toBe("+new+trk");
    expect(tracker.state(udp(`${b}:5353`, `${a}:53`))).toBe("+est+rpl+trk");
    expect(tracker.state(udp(`${a}:53`, `${b}:5353`))).toBe("+est+trk");
  });

  it("a packet of port 0 is invalid", () => {
    expect(tracker.state(udp(`${a}:0`, `${b}:5353`))).toBe("+inv+trk");
    expect(tracker.state(tcp(`${a}:10`, `${b}:0`, "S"))).toBe("+inv+trk");
  });

  it("echo requests make connections by identifier, replies alone do not", () => {
    expect(tracker.state(echo(a, b, "reply", 7), commit)).toBe("+inv+trk");
    expect(tracker.state(echo(a, b, "request", 7), commit)).toBe("+new+trk");
    expect(tracker.state(echo(b, a, "reply", 7))).toBe("+est+rpl+trk");
    expect(tracker.state(echo(a, b, "request", 7))).toBe("+est+trk");
    expect(tracker.state(echo(a, b, "request", 8))).toBe("+new+trk");
    expect(tracker.state(echo(b, a, "request", 7)), "the other end asks by itself").toBe("+new+trk");
  });

  it("an error is related to the connection it quotes, from either side", () => {
    const request = tcp(`${a}:1000`, `${b}:80`, "S");
    tracker.track(request, commit);
    const router = a.startsWith("[") ? "[fd00::99]" : "10.0.0.99";
    expect(tracker.state(unreachable(router, a, request))).toBe("+rel+rpl+trk");
    const answer = tcp(`${b}:80`, `${a}:1000`, "SA", { ack: 1001 });
    tracker.track(answer);
    expect(tracker.state(unreachable(router, b, answer))).toBe("+rel+trk");
  });

  it("an error about nothing known, or sent to somebody else, is invalid", () => {
    const request = tcp(`${a}:1000`, `${b}:80`, "S");
    expect(tracker.state(unreachable(b, a, request))).toBe("+inv+trk");
    tracker.track(request, commit);
    expect(tracker.state(unreachable(b, b, request))).toBe("+inv+trk");
  });

  it("an error that is cut before the quoted ports is invalid", () => {
    const request = tcp(`${a}:1000`, `${b}:80`, "S");
    tracker.track(request, commit);
    expect(tracker.state(unreachable(b, a, request, 4))).toBe("+inv+trk");
  });

  it("a protocol without ports is tracked by its addresses", () => {
    const gre = (from: string, to: string) => ipFrame(end(from), end(to), 47, bytesOf("00000800 45000014"));
    expect(tracker.state(gre(a, b), commit)).toBe("+new+trk");
    expect(tracker.state(gre(b, a))).toBe("+est+rpl+trk");
    expect(tracker.dump()[0]).toMatch(/^47,orig=\(src=[^)]*,sport=0,dport=0\)/);
  });

  it("an SCTP association goes from handshake to shutdown", () => {
    const client = `${a}:4000`;
    const server = `${b}:9100`;
    const state = () => [...tracker.conntrack.connections()].map((connection) => connection.sctp?.state);
    expect(tracker.state(sctpInit(client, server, 0, 1, 0x11), commit)).toBe("+new+trk");
    expect(state()).toEqual(["COOKIE_WAIT"]);
    expect(tracker.state(sctpInit(server, client, 0x11, 2, 0x22))).toBe("+est+rpl+trk");
    expect(tracker.state(sctp(client, server, 0x22, 10, bytesOf("aabbccdd")))).toBe("+est+trk");
    expect(state()).toEqual(["COOKIE_ECHOED"]);
    expect(tracker.state(sctp(server, client, 0x11, 11, bytesOf("")))).toBe("+est+rpl+trk");
    expect(state()).toEqual(["ESTABLISHED"]);
    expect(tracker.state(sctp(client, server, 0x99, 0, bytesOf("00000001"))), "wrong tag").toBe("+inv+trk");
    expect(tracker.state(sctp(client, server, 0x22, 7, bytesOf("00000001")))).toBe("+est+trk");
    expect(state()).toEqual(["SHUTDOWN_SENT"]);
    tracker.track(sctp(server, client, 0x11, 8, bytesOf("")));
    tracker.track(sctp(client, server, 0x22, 14, bytesOf("")));
    expect(state()).toEqual(["CLOSED"]);
    expect(tracker.state(sctpInit(client, server, 0, 1, 0x33), commit), "a new one from the same ports").toBe(
      "+new+trk",
    );
    expect(state()).toEqual(["COOKIE_WAIT"]);
  });

  it("an SCTP ABORT with the reflected tag ends the association", () => {
    tracker.track(sctpInit(`${a}:1`, `${b}:2`, 0, 1, 0x11), commit);
    expect(tracker.state(sctp(`${b}:2`, `${a}:1`, 0x11, 6, bytesOf("")))).toBe("+est+rpl+trk");
    expect([...tracker.conntrack.connections()][0].sctp?.state).toBe("CLOSED");
  });

  it("an SCTP association met half way is taken over, an answer alone is not", () => {
    expect(tracker.state(sctp(`${a}:1`, `${b}:2`, 5, 8, bytesOf("")))).toBe("+inv+trk");
    expect(tracker.state(sctp(`${a}:1`, `${b}:2`, 5, 4, bytesOf("00010008")), commit)).toBe("+new+trk");
    expect(tracker.state(sctp(`${b}:2`, `${a}:1`, 6, 5, bytesOf("00010008")))).toBe("+est+rpl+trk");
  });
});

describe("what cannot be tracked", () => {
  it("is invalid, and its original tuple is empty", () => {
    const arp = concat(bytesOf("ffffffffffff 020000000001 0806"), new Uint8Array(28));
    const outcome = tracker.track(arp, { zone: 3, commit: true });
    expect(outcome).toMatchObject({ state: "+inv+trk", zone: 3, mark: 0, tuple: "0:0.0.0.0:0>0.0.0.0:0" });
    expect(tracker.conntrack.count()).toBe(0);
  });

  it("includes neighbour discovery and other ICMP types", () => {
    const solicitation = ipFrame(end("[fd00::1]"), end("[fd00::2]"), 58, bytesOf("87000000 00000000"));
    expect(tracker.state(solicitation)).toBe("+inv+trk");
    const routerSolicitation = ipFrame(end("10.0.0.1"), end("10.0.0.2"), 1, bytesOf("0a00f5ff 00000000"));
    expect(tracker.state(routerSolicitation)).toBe("+inv+trk");
  });
});
