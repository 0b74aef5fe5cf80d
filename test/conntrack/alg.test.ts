/** FTP and TFTP: data connections that a control connection announced. */
import { beforeEach, describe, expect, it } from "vitest";
import { internetChecksum, pseudoHeaderSum } from "../model/checksums.ts";
import { end, tcp, udp } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

let tracker = new Tracker();
beforeEach(() => {
  tracker = new Tracker();
});

const text = (line: string): Uint8Array => Uint8Array.from(Buffer.from(`${line}\r\n`));

/** The TCP payload of a frame, its checksum having been found right. */
function payloadOf(frame: Uint8Array | undefined): string {
  if (frame === undefined) return "dropped";
  const ip = frame.subarray(14);
  const ipv6 = ip[0] >> 4 === 6;
  const header = ipv6 ? 40 : 20;
  const length = ipv6 ? 40 + ((ip[4] << 8) | ip[5]) : (ip[2] << 8) | ip[3];
  expect(length).toBe(ip.length);
  const l4 = ip.subarray(header);
  const [source, destination] = ipv6
    ? [ip.subarray(8, 24), ip.subarray(24, 40)]
    : [ip.subarray(12, 16), ip.subarray(16, 20)];
  expect(internetChecksum(l4, pseudoHeaderSum(source, destination, 6, l4.length))).toBe(0);
  return Buffer.from(l4.subarray(20)).toString().trimEnd();
}

interface Session {
  readonly client: string;
  readonly server: string;
  readonly first: Ct;
}

/** A control connection up to the point where commands flow. `server` as the client addresses it. */
function connect({ client, server, first }: Session, back: { from: string; to: string }): void {
  tracker.track(tcp(client, server, "S", { seq: 100 }), first);
  tracker.track(tcp(back.from, back.to, "SA", { seq: 500, ack: 101 }), { nat: "" });
  tracker.track(tcp(client, server, "A", { seq: 101, ack: 501 }), { nat: "" });
}

describe("FTP without translation", () => {
  const commit: Ct = { commit: true, helper: "ftp", mark: [8, 0xffffffff] };

  it.each([
    { mode: "active", flags: "PA", line: "PORT 10,0,0,1,8,1", client: "10.0.0.1", server: "10.0.0.2" },
    { mode: "extended active", line: "EPRT |1|10.0.0.1|2049|", client: "10.0.0.1", server: "10.0.0.2" },
    { mode: "extended active over IPv6", line: "eprt |2|fd00::1|2049|", client: "[fd00::1]", server: "[fd00::2]" },
  ])("expects the server's connection in $mode mode", ({ line, client, server }) => {
    connect(
      { client: `${client}:1000`, server: `${server}:21`, first: commit },
      { from: `${server}:21`, to: `${client}:1000` },
    );
    tracker.track(tcp(`${client}:1000`, `${server}:21`, "PA", { seq: 101, ack: 501, data: text(line) }));
    const data = tracker.track(tcp(`${server}:20`, `${client}:2049`, "S", { seq: 1 }), { commit: true });
    expect(data).toMatchObject({ state: "+new+rel+trk", mark: 8, tuple: `6:${client}:1000>${server}:21` });
    const answer = tracker.track(tcp(`${client}:2049`, `${server}:20`, "SA", { seq: 1, ack: 2 }));
    expect(answer?.state).toBe("+est+rel+rpl+trk");
    expect(tracker.dump(true).filter((line) => line.includes("parent="))).toHaveLength(1);
    expect(tracker.dump().filter((line) => line.includes("helper=ftp"))).toHaveLength(1);
  });

  it.each([
    { line: "227 Entering Passive Mode (10,0,0,2,8,1).", client: "10.0.0.1", server: "10.0.0.2" },
    { line: "229 Entering Extended Passive Mode (|||2049|)", client: "10.0.0.1", server: "10.0.0.2" },
    { line: "229 Entering Extended Passive Mode (|||2049|)", client: "[fd00::1]", server: "[fd00::2]" },
  ])("expects the client's connection after $line", ({ line, client, server }) => {
    connect(
      { client: `${client}:1000`, server: `${server}:21`, first: commit },
      { from: `${server}:21`, to: `${client}:1000` },
    );
    tracker.track(tcp(`${server}:21`, `${client}:1000`, "PA", { seq: 501, ack: 101, data: text(line) }));
    expect(tracker.state(tcp(`${client}:3333`, `${server}:2049`, "S"))).toBe("+new+rel+trk");
    expect(tracker.state(tcp(`${client}:3333`, `${server}:2050`, "S"))).toBe("+new+trk");
  });

  it.each(["PORT 10,0,0,77,8,1", "PORT 10,0,0,1,8", "PORT 10,0,0,1,300,1", "PORT", "EPRT |2|10.0.0.1|5|", "227 (1)"])(
    "expects nothing after %s",
    (line) => {
      connect(
        { client: "10.0.0.1:1000", server: "10.0.0.2:21", first: commit },
        { from: "10.0.0.2:21", to: "10.0.0.1:1000" },
      );
      tracker.track(tcp("10.0.0.1:1000", "10.0.0.2:21", "PA", { seq: 101, ack: 501, data: text(line) }));
      expect(tracker.state(tcp("10.0.0.2:20", "10.0.0.1:2049", "S"))).toBe("+new+trk");
    },
  );

  it("forgets what was expected when the control connection goes, but shows the parent of what came", () => {
    connect(
      { client: "10.0.0.1:1000", server: "10.0.0.2:21", first: commit },
      { from: "10.0.0.2:21", to: "10.0.0.1:1000" },
    );
    tracker.track(tcp("10.0.0.1:1000", "10.0.0.2:21", "PA", { seq: 101, ack: 501, data: text("PORT 10,0,0,1,8,1") }));
    tracker.track(tcp("10.0.0.2:20", "10.0.0.1:2049", "S"), { commit: true });
    const parent = [...tracker.conntrack.connections()].find(({ helper }) => helper === "ftp")!;
    tracker.conntrack.flush({ zone: 0, tuple: parent.original });
    expect(tracker.state(tcp("10.0.0.2:19", "10.0.0.1:2049", "S"))).toBe("+new+trk");
    expect(tracker.dump(true)[0]).toContain("parent=(src=10.0.0.1,dst=10.0.0.2,sport=1000,dport=21)");
    tracker.flushAll();
  });

  it("keeps the youngest expectations of a session that makes hundreds", () => {
    connect(
      { client: "10.0.0.1:1000", server: "10.0.0.2:21", first: commit },
      { from: "10.0.0.2:21", to: "10.0.0.1:1000" },
    );
    let seq = 101;
    for (let port = 1; port <= 200; port++) {
      const data = text(`PORT 10,0,0,1,40,${port}`);
      tracker.track(tcp("10.0.0.1:1000", "10.0.0.2:21", "PA", { seq, ack: 501, data }));
      tracker.track(tcp("10.0.0.2:21", "10.0.0.1:1000", "A", { seq: 501, ack: seq + data.length }));
      seq += data.length;
    }
    const states = [1, 150, 185, 200].map((port) =>
      tracker.state(tcp("10.0.0.2:20", `10.0.0.1:${40 * 256 + port}`, "S")),
    );
    expect(states).toEqual(["+new+trk", "+new+trk", "+new+rel+trk", "+new+rel+trk"]);
  });
});

describe("FTP through translation", () => {
  it("active behind SNAT: the server is told the outside address, its connection reaches the client", () => {
    const client = "10.0.0.1:1000";
    const server = "192.0.2.9:21";
    connect(
      { client, server, first: { commit: true, helper: "ftp", nat: "src=203.0.113.200" } },
      { from: server, to: "203.0.113.200:1000" },
    );
    const command = text("PORT 10,0,0,1,8,1");
    const told = tracker.track(tcp(client, server, "PA", { seq: 101, ack: 501, data: command }), { nat: "" });
    expect(payloadOf(told?.frame)).toBe("PORT 203,0,113,200,8,1");
    const growth = "203,0,113,200".length - "10,0,0,1".length;

    const shownEnd = 101 + command.length + growth;
    const ack = tracker.track(tcp(server, "203.0.113.200:1000", "A", { seq: 501, ack: shownEnd }), { nat: "" });
    expect(new DataView(ack!.frame.buffer).getUint32(14 + 20 + 8)).toBe(shownEnd - growth);
    expect(ack?.state).toBe("+est+rpl+trk+dnat");
    payloadOf(ack?.frame);
    const next = tracker.track(tcp(client, server, "PA", { seq: 101 + command.length, ack: 501, data: text("LIST") }), {
      nat: "",
    });
    expect(new DataView(next!.frame.buffer).getUint32(14 + 20 + 4)).toBe(shownEnd);
    expect(payloadOf(next?.frame)).toBe("LIST");

    const data = tracker.track(tcp("192.0.2.9:20", "203.0.113.200:2049", "S", { seq: 1 }), { commit: true, nat: "" });
    expect(data?.state).toBe("+new+rel+trk+dnat");
    expect([...data!.frame.subarray(30, 34)]).toEqual([10, 0, 0, 1]);
    const answer = tracker.track(tcp("10.0.0.1:2049", "192.0.2.9:20", "SA", { seq: 1, ack: 2 }), { nat: "" });
    expect([...answer!.frame.subarray(26, 30)]).toEqual([203, 0, 113, 200]);
  });

  it("begins with a later pass: what was tracked first and is translated then is told the same", () => {
    const client = "10.0.0.1:1000";
    const server = "192.0.2.9:21";
    const first: Ct = { commit: true, helper: "ftp", nat: "src=203.0.113.200" };
    tracker.trackAll(tcp(client, server, "S", { seq: 100 }), [{}, first]);
    tracker.trackAll(tcp(server, "203.0.113.200:1000", "SA", { seq: 500, ack: 101 }), [{}, { nat: "" }]);
    tracker.trackAll(tcp(client, server, "A", { seq: 101, ack: 501 }), [{}, { nat: "" }]);
    const command = text("PORT 10,0,0,1,8,1");
    const [told] = tracker.trackAll(tcp(client, server, "PA", { seq: 101, ack: 501, data: command }), [
      {},
      { nat: "" },
    ]);
    expect(payloadOf(told.frame)).toBe("PORT 203,0,113,200,8,1");
    const growth = "203,0,113,200".length - "10,0,0,1".length;

    const shownEnd = 101 + command.length + growth;
    const acknowledgement = tcp(server, "203.0.113.200:1000", "A", { seq: 501, ack: shownEnd });
    const [ack] = tracker.trackAll(acknowledgement, [{}, { nat: "" }]);
    expect(new DataView(ack.frame.buffer).getUint32(14 + 20 + 8)).toBe(shownEnd - growth);
    payloadOf(ack.frame);
    const list = tcp(client, server, "PA", { seq: 101 + command.length, ack: 501, data: text("LIST") });
    const [next] = tracker.trackAll(list, [{}, { nat: "" }]);
    expect(new DataView(next.frame.buffer).getUint32(14 + 20 + 4)).toBe(shownEnd);
    expect(payloadOf(next.frame)).toBe("LIST");
    const data = tcp("192.0.2.9:20", "203.0.113.200:2049", "S", { seq: 1 });
    const [opened] = tracker.trackAll(data, [{}, { commit: true, nat: "" }]);
    expect(opened.state).toBe("+new+rel+trk+dnat");
  });

  it("passive behind DNAT: the client is told the virtual address, its connection reaches the server", () => {
    const client = "10.0.0.1:1000";
    connect(
      { client, server: "10.9.9.9:21", first: { commit: true, helper: "ftp", nat: "dst=10.0.0.22" } },
      { from: "10.0.0.22:21", to: client },
    );
    const line = "227 Entering Passive Mode (10,0,0,22,8,1).";
    const told = tracker.track(tcp("10.0.0.22:21", client, "PA", { seq: 501, ack: 101, data: text(line) }), {
      nat: "",
    });
    expect(payloadOf(told?.frame)).toBe("227 Entering Passive Mode (10,9,9,9,8,1).");
    const data = tracker.track(tcp("10.0.0.1:5000", "10.9.9.9:2049", "S", { seq: 1 }), { commit: true, nat: "" });
    expect(data?.state).toBe("+new+rel+trk+dnat");
    expect([...data!.frame.subarray(30, 34)]).toEqual([10, 0, 0, 22]);
  });

  it("extended active over IPv6: the address is written out", () => {
    const client = "[fd00::1]:1000";
    const server = "[2001:db8::9]:21";
    connect(
      { client, server, first: { commit: true, helper: "ftp", nat: "src=[2001:db8::1]" } },
      { from: server, to: "[2001:db8::1]:1000" },
    );
    const told = tracker.track(tcp(client, server, "PA", { seq: 101, ack: 501, data: text("EPRT |2|fd00::1|2049|") }), {
      nat: "",
    });
    expect(payloadOf(told?.frame)).toBe("EPRT |2|2001:db8:0:0:0:0:0:1|2049|");
    const data = tracker.track(tcp("[2001:db8::9]:20", "[2001:db8::1]:2049", "S"), { commit: true, nat: "" });
    expect([...data!.frame.subarray(38, 54)]).toEqual([...end("[fd00::1]").address]);
  });
});

describe("TFTP", () => {
  it("expects the server's answer from another port", () => {
    tracker.track(udp("10.0.0.1:3000", "10.0.0.2:69"), { commit: true, helper: "tftp" });
    expect(tracker.state(udp("10.0.0.2:4444", "10.0.0.1:3000"), { commit: true })).toBe("+new+rel+trk");
    expect(tracker.state(udp("10.0.0.1:3000", "10.0.0.2:4444"))).toBe("+est+rel+rpl+trk");
    expect(tracker.state(udp("10.0.0.3:4444", "10.0.0.1:3000"))).toBe("+new+trk");
  });
});
