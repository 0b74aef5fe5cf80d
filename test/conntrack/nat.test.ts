/** Address translation: what leaves, what comes back, who gets which port. */
import { beforeEach, describe, expect, it } from "vitest";
import { DROP_CT_NAT_EXHAUSTED } from "../../assembly/layout/counter.ts";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import { echo, endText, sctpInit, tcp, udp, unreachable } from "./text.ts";
import { type Ct, type Outcome, Tracker } from "./tracker.ts";

const tracker = new Tracker();
beforeEach(() => tracker.flushAll());

/** "source>destination" of a frame, its checksums having been found right. */
function ends(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "dropped";
  const ip = outcome.frame.subarray(14);
  const ipv6 = ip[0] >> 4 === 6;
  const size = ipv6 ? 16 : 4;
  const at = ipv6 ? 8 : 12;
  const source = ip.subarray(at, at + size);
  const destination = ip.subarray(at + size, at + 2 * size);
  const protocol = ipv6 ? ip[6] : ip[9];
  const l4 = ip.subarray(ipv6 ? 40 : 20);
  if (!ipv6) expect(internetChecksum(ip.subarray(0, 20))).toBe(0);
  if (protocol !== 132) {
    const pseudo = protocol === 1 ? 0 : pseudoHeaderSum(source, destination, protocol, l4.length);
    expect(internetChecksum(l4, pseudo)).toBe(0);
  }
  const ports = protocol === 1 || protocol === 58 ? [0, 0] : [(l4[0] << 8) | l4[1], (l4[2] << 8) | l4[3]];
  return `${endText(source, ports[0])}>${endText(destination, ports[1])}`;
}

const FAMILIES = [
  { family: "IPv4", client: "10.0.0.1", other: "10.0.0.5", server: "10.0.0.2", vip: "10.9.9.9", outside: "192.0.2.1" },
  {
    family: "IPv6",
    client: "[fd00::1]",
    other: "[fd00::5]",
    server: "[fd00::2]",
    vip: "[fd99::9]",
    outside: "[2001:db8::1]",
  },
];

describe.each(FAMILIES)("over $family", ({ client, other, server, vip, outside }) => {
  it("DNAT sends the client to the server, and the answers back as from the virtual one", () => {
    const dnat: Ct = { commit: true, nat: `dst=${server}:8000` };
    const opened = tracker.track(tcp(`${client}:1000`, `${vip}:80`, "S", { seq: 1 }), dnat);
    expect(opened?.state).toBe("+new+trk+dnat");
    expect(ends(opened)).toBe(`${client}:1000>${server}:8000`.replaceAll(/^(\d)/g, "$1"));
    const answer = tracker.track(tcp(`${server}:8000`, `${client}:1000`, "SA", { seq: 5, ack: 2 }), { nat: "" });
    expect(answer?.state).toBe("+est+rpl+trk+snat");
    expect(ends(answer)).toBe(`${vip}:80>${client}:1000`);
    expect(answer?.tuple).toBe(`6:${client}:1000>${vip}:80`);
    const next = tracker.track(tcp(`${client}:1000`, `${vip}:80`, "A", { seq: 2, ack: 6 }), { nat: "" });
    expect(ends(next)).toBe(`${client}:1000>${server}:8000`);
  });

  it("SNAT hides the client, and two clients of one port get different ones", () => {
    const snat: Ct = { commit: true, nat: `src=${outside}` };
    expect(ends(tracker.track(udp(`${client}:2000`, `${server}:53`), snat))).toBe(`${outside}:2000>${server}:53`);
    expect(ends(tracker.track(udp(`${other}:2000`, `${server}:53`), snat))).toBe(`${outside}:2001>${server}:53`);
    expect(ends(tracker.track(udp(`${server}:53`, `${outside}:2001`), { nat: "" }))).toBe(`${server}:53>${other}:2000`);
    expect(ends(tracker.track(udp(`${server}:53`, `${outside}:2000`), { nat: "" }))).toBe(
      `${server}:53>${client}:2000`,
    );
  });

  it("nat(src) without a range changes only ports that collide", () => {
    const direct: Ct = { commit: true, nat: `dst=${server}:80` };
    expect(ends(tracker.track(tcp(`${client}:3000`, `${vip}:80`, "S"), direct))).toBe(`${client}:3000>${server}:80`);
    const plain = tracker.track(tcp(`${client}:3000`, `${server}:80`, "S"), { commit: true, nat: "src" });
    expect(ends(plain)).toBe(`${client}:3001>${server}:80`);
    expect(plain?.state).toBe("+new+trk+snat");
    const free = tracker.track(tcp(`${client}:4000`, `${server}:80`, "S"), { commit: true, nat: "src" });
    expect(ends(free)).toBe(`${client}:4000>${server}:80`);
  });

  it("nat without a type translates nothing new", () => {
    const outcome = tracker.track(udp(`${client}:1`, `${server}:2`), { commit: true, nat: "" });
    expect(outcome?.state).toBe("+new+trk");
    expect(ends(outcome)).toBe(`${client}:1>${server}:2`);
  });

  it("a port range is used up port by port, then connections are refused", () => {
    const snat: Ct = { commit: true, nat: `src=${outside}:5000-5003` };
    const before = tracker.dropped(DROP_CT_NAT_EXHAUSTED);
    const ports = [1, 2, 3, 4].map((number) => ends(tracker.track(udp(`${client}:${number}`, `${server}:53`), snat)));
    const expected = [5000, 5001, 5002, 5003].map((port) => `${outside}:${port}>${server}:53`);
    expect(ports.sort()).toEqual(expected);
    expect(ends(tracker.track(udp(`${client}:5`, `${server}:53`), snat))).toBe("dropped");
    expect(tracker.dropped(DROP_CT_NAT_EXHAUSTED) - before).toBe(1);
    expect(ends(tracker.track(udp(`${client}:5`, `${vip}:53`), snat)), "another server").toMatch(/:500\d>/);
  });

  /** Opens a connection from the client and closes it again, by `back` as the server addresses it. */
  const openAndClose = (from: string, to: string, action: Ct, server: string, back: string): void => {
    tracker.track(tcp(from, to, "S", { seq: 1 }), action);
    tracker.track(tcp(server, back, "SA", { seq: 5, ack: 2 }), { nat: "" });
    tracker.track(tcp(from, to, "FA", { seq: 2, ack: 6 }), { nat: "" });
    tracker.track(tcp(server, back, "FA", { seq: 6, ack: 3 }), { nat: "" });
    tracker.track(tcp(from, to, "A", { seq: 3, ack: 7 }), { nat: "" });
  };

  it("a closed connection keeps its port of a range until it expires", () => {
    const snat: Ct = { commit: true, nat: `src=${outside}:5000` };
    openAndClose(`${client}:1000`, `${server}:80`, snat, `${server}:80`, `${outside}:5000`);
    expect(ends(tracker.track(tcp(`${client}:1001`, `${server}:80`, "S"), snat))).toBe("dropped");
    const own: Ct = { commit: true, nat: "src" };
    const dnat: Ct = { commit: true, nat: `dst=${server}:8080` };
    openAndClose(`${client}:2000`, `${vip}:80`, dnat, `${server}:8080`, `${client}:2000`);
    expect(ends(tracker.track(tcp(`${client}:2000`, `${server}:8080`, "S"), own))).toBe(
      `${client}:2001>${server}:8080`,
    );
  });

  it("an address range is used throughout, and stays with one client when persistent", () => {
    const last = client.startsWith("[") ? "[2001:db8::8]" : "192.0.2.8";
    const nat = `src=${outside}-${last}`;
    const addressOf = (outcome: Outcome | undefined) => ends(outcome).split(">")[0].replace(/:\d+$/, "");
    const spread = new Set<string>();
    for (let port = 1000; port < 1100; port++) {
      spread.add(addressOf(tracker.track(udp(`${client}:${port}`, `${server}:53`), { commit: true, nat })));
    }
    expect(spread.size).toBe(8);
    const kept = new Set<string>();
    for (let port = 2000; port < 2030; port++) {
      const action: Ct = { commit: true, nat, natFlags: "persistent" };
      kept.add(addressOf(tracker.track(udp(`${client}:${port}`, `${server}:53`), action)));
    }
    expect(kept.size).toBe(1);
  });

  it("an error about a translated packet is shown to the client as about its own", () => {
    const sent = tcp(`${client}:1000`, `${vip}:80`, "S", { seq: 1 });
    const translated = tracker.track(sent, { commit: true, nat: `dst=${server}:8000` })!.frame;
    const error = tracker.track(unreachable(server, client, translated, 20), { nat: "" });
    expect(error?.state).toBe("+rel+rpl+trk+snat");
    expect(ends(error)).toBe(`${vip}:0>${client}:0`);
    const quoted = error!.frame.subarray(14 + (client.startsWith("[") ? 48 : 28));
    expect(Buffer.from(quoted)).toEqual(Buffer.from(sent.subarray(14, 14 + quoted.length)));
  });

  it("a second pass in the zone without nat leaves the packet as it is", () => {
    const dnat: Ct = { commit: true, nat: `dst=${server}:8000` };
    const outcome = tracker.track(tcp(`${client}:1000`, `${vip}:80`, "S"), { nat: "" }, dnat, {}, { nat: "" });
    expect(outcome?.state).toBe("+new+trk+dnat");
    expect(ends(outcome)).toBe(`${client}:1000>${server}:8000`);
  });

  it("a hairpin through two zones comes back to the client", () => {
    const zones = (dnat: string, snat: string): Ct[] => [
      { zone: 1, commit: true, nat: dnat },
      { zone: 2, commit: true, nat: snat },
    ];
    const out = tracker.track(tcp(`${client}:1000`, `${vip}:80`, "S"), ...zones(`dst=${client}:80`, `src=${vip}`));
    expect(ends(out)).toBe(`${vip}:1000>${client}:80`);
    const back = tracker.track(
      tcp(`${client}:80`, `${vip}:1000`, "SA", { seq: 9, ack: 1001 }),
      { zone: 2, nat: "" },
      { zone: 1, nat: "" },
    );
    expect(ends(back)).toBe(`${vip}:80>${client}:1000`);
  });

  it("SCTP ports are translated too", () => {
    const opened = tracker.track(sctpInit(`${client}:7`, `${vip}:9101`, 0, 1, 3), {
      commit: true,
      nat: `dst=${server}:9100`,
    });
    expect(ends(opened)).toBe(`${client}:7>${server}:9100`);
    expect(tracker.state(opened!.frame, { zone: 5 }), "its CRC is right").toBe("+new+trk");
    expect(tracker.dump()[0]).toContain("sport=9100,dport=7");
  });

  it("echo is translated by address, and refused when an identifier collides", () => {
    const snat: Ct = { commit: true, nat: `src=${outside}` };
    expect(ends(tracker.track(echo(client, server, "request", 7), snat))).toBe(`${outside}:0>${server}:0`);
    expect(ends(tracker.track(echo(server, outside, "reply", 7), { nat: "" }))).toBe(`${server}:0>${client}:0`);
    expect(ends(tracker.track(echo(other, server, "request", 7), snat))).toBe("dropped");
  });
});

describe("offloaded packets", () => {
  it("keep the rest of their checksum open while they are translated", () => {
    const frame = tcp("10.0.0.1:1000", "10.9.9.9:80", "S");
    const pseudo = pseudoHeaderSum(frame.subarray(26, 30), frame.subarray(30, 34), 6, 20);
    frame.set([pseudo >> 8, pseudo & 255], 50);
    const [outcome] = tracker.trackAll(frame, [{ commit: true, nat: "dst=10.0.0.2:8000" }], {
      offload: { flags: 1, checksumStart: 34, checksumOffset: 16 },
    });
    const after = outcome.frame;
    const expected = pseudoHeaderSum(after.subarray(26, 30), after.subarray(30, 34), 6, 20);
    expect((after[50] << 8) | after[51]).toBe(expected);
  });
});
