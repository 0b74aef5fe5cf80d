/** Flows of connections: what brings them to the kernel, what takes them back, and what conntrack knows of them meanwhile. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  CT_STATE_ESTABLISHED as EST,
  CT_STATE_INVALID as INV,
  KEY_NW_DST,
  CT_STATE_NEW as NEW,
} from "../../assembly/layout/key.ts";
import { connectionText } from "../../src/fastpath/conntrack-text.ts";
import type { DatapathAction } from "../../src/fastpath/datapath-action.ts";
import { type Segment, tcp, udp } from "../conntrack/text.ts";
import { fromPort } from "../fastpath/match.ts";
import { ipv4Address } from "../model/frames.ts";
import { bits, ct, ctMark, ctState, nat, output, recirc, setEthernet, setIpv4 } from "./actions.ts";
import { OffloadSwitch, type TwinFlow } from "./offload-switch.ts";

const CLIENT = "10.0.0.1:1000";
const VIP = "10.0.0.9:80";
const SERVER = "10.0.0.2:8080";

const net = new OffloadSwitch();
beforeEach(() => net.reset());

const STATES = NEW | EST | INV;

interface Ends {
  /** What the client sends to, what the server's answers come from and go to. */
  readonly to: string;
  readonly from: string;
  readonly back: string;
}

/**
 * A tracker with translation between ports 1 and 2 in three passes, as OVN's logical switches have it; `first` is what a new
 * connection's commit says.
 */
function track(first: Parameters<typeof ct>[0] = {}): { fresh: TwinFlow; established: TwinFlow[]; out: TwinFlow[] } {
  const routed = [setEthernet("02 00 00 00 01 01", "02 00 00 00 01 02"), setIpv4({ ttl: 63 })];
  for (const port of [1, 2]) net.put(fromPort(port), [ct({ nat: nat("") }), recirc(1)]);
  const fresh = net.put(fromPort(1, 1, ctState(NEW, STATES)), [ct({ commit: true, ...first }), recirc(2)]);
  const established = [1, 2].map((port) => net.put(fromPort(port, 1, ctState(EST, STATES)), [recirc(2)]));
  const out = [1, 2].map((port) => net.put(fromPort(port, 2), [...routed, output(3 - port)]));
  return { fresh, established, out };
}

const DNAT: Ends = { to: VIP, from: SERVER, back: CLIENT };
const PLAIN: Ends = { to: SERVER, from: SERVER, back: CLIENT };
const SNAT: Ends = { to: SERVER, from: SERVER, back: "10.0.0.77:1000" };
const TRANSLATIONS = [
  ["without translation", {}, PLAIN],
  ["DNAT", { nat: nat(`dst=${SERVER}`) }, DNAT],
  ["SNAT", { nat: nat("src=10.0.0.77:1000") }, SNAT],
] as const;

/** By whom segments and datagrams went; each is compared with what the twin made of it. */
function went(port: number, frame: Uint8Array): "kernel" | "switch" | "dropped" {
  const { by, sent, twin } = net.send(port, frame);
  expect(sent).toEqual(twin);
  return sent.length === 0 ? "dropped" : by;
}

const client = (ends: Ends, flags: string, segment: Segment = {}) => went(1, tcp(CLIENT, ends.to, flags, segment));
const server = (ends: Ends, flags: string, segment: Segment = {}) => went(2, tcp(ends.from, ends.back, flags, segment));

/** The handshake, and a segment each way that is known by then. */
function connect(ends: Ends): void {
  expect(client(ends, "S", { seq: 999, win: 60_000, scale: 7 })).toBe("switch");
  expect(server(ends, "SA", { seq: 4999, ack: 1000, win: 60_000, scale: 7 })).toBe("switch");
  expect(client(ends, "A", { seq: 1000, ack: 5000, win: 500 })).toBe("switch");
}

function connections(): [string[], string[]] {
  const texts = net.both(({ conntrack }) =>
    [...conntrack.connections()].map((connection) => connectionText(connection, { more: true })).sort(),
  );
  return texts;
}

const same = (): void => {
  const [own, twin] = connections();
  expect(own).toEqual(twin);
  expect(net.broken()).toEqual([]);
};

describe.each(TRANSLATIONS)("TCP, %s", (_, first, ends) => {
  beforeEach(() => {
    track(first);
    connect(ends);
  });

  it("is the kernel's from the handshake on, in both directions, frames the same", () => {
    for (let i = 0; i < 5; i++) {
      expect(client(ends, "PA", { seq: 1000 + i * 100, ack: 5000 + i * 9, data: 100, win: 500 })).toBe("kernel");
      expect(server(ends, "PA", { seq: 5000 + i * 9, ack: 1100 + i * 100, data: 9, win: 500 })).toBe("kernel");
    }
    expect(net.offloaded).toBe(2);
    net.pass(1100);
    same();
  });

  it("the answer to SYN brings the server's direction in, before the client has said more", () => {
    net.both(({ conntrack }) => conntrack.flush());
    net.run();
    client(ends, "S", { seq: 999 });
    server(ends, "SA", { seq: 4999, ack: 1000 });
    expect(net.offloaded).toBe(1);
    expect(server(ends, "A", { seq: 5000, ack: 1000 })).toBe("kernel");
    expect(client(ends, "A", { seq: 1000, ack: 5000 })).toBe("switch");
    same();
  });

  it.each([
    ["FIN of the client", 1, "FA"],
    ["RST of the client", 1, "RA"],
    ["FIN of the server", 2, "FA"],
    ["RST of the server", 2, "RA"],
  ])("%s takes both directions back, and nothing goes there again", (_name, port, flags) => {
    if (port === 1) expect(client(ends, flags, { seq: 1000, ack: 5000, win: 500 })).toBe("switch");
    else expect(server(ends, flags, { seq: 5000, ack: 1000, win: 500 })).toBe("switch");
    expect(net.offloaded).toBe(0);
    for (let i = 0; i < 3; i++) {
      expect(client(ends, "A", { seq: 1001, ack: 5001, win: 500 })).not.toBe("kernel");
      expect(server(ends, "A", { seq: 5001, ack: 1001, win: 500 })).not.toBe("kernel");
    }
    expect(net.offloaded).toBe(0);
    same();
  });

  it("a SYN on the same ports, when it is over, begins anew: handshake by the switch", () => {
    client(ends, "FA", { seq: 1000, ack: 5000 });
    server(ends, "FA", { seq: 5000, ack: 1001 });
    client(ends, "A", { seq: 1001, ack: 5001 });
    expect(client(ends, "S", { seq: 90_000, win: 60_000, scale: 7 })).toBe("switch");
    expect(client(ends, "A", { seq: 90_001, ack: 1 })).not.toBe("kernel");
    expect(server(ends, "SA", { seq: 70_000, ack: 90_001, win: 60_000, scale: 7 })).toBe("switch");
    expect(client(ends, "A", { seq: 90_001, ack: 70_001 })).toBe("switch");
    expect(client(ends, "A", { seq: 90_001, ack: 70_001 })).toBe("kernel");
    same();
  });

  it("a stray segment and the SYN that begins anew, in one batch, leave nothing of the old connection behind", () => {
    client(ends, "FA", { seq: 1000, ack: 5000 });
    server(ends, "FA", { seq: 5000, ack: 1001 });
    client(ends, "A", { seq: 1001, ack: 5001 });
    net.sendBatch(1, [
      tcp(CLIENT, ends.to, "A", { seq: 1001, ack: 5001 }),
      tcp(CLIENT, ends.to, "S", { seq: 90_000, win: 60_000, scale: 7 }),
    ]);
    expect(net.offloaded).toBe(0);
    same();
  });

  it("conntrack knows how far it went: the close after gigabytes is valid, and seen as such", () => {
    // Each step is what may happen between two countings at 17 Gbit/s.
    let [seq, ack] = [1000, 5000];
    for (let step = 0; step < 5; step++) {
      const next = (seq + 0x7000_0000) >>> 0;
      net.kernel.skip(101, tcp(CLIENT, ends.to, "A"), 30_000n, 0x7000_0000n, next);
      net.pass(1100);
      net.twin.run();
      seq = next;
      const acked = net.kernel.forward(102, tcp(ends.from, ends.back, "A", { seq: ack, ack: seq, win: 500 }));
      expect(acked).toBeDefined();
    }
    net.datapath.inject(1, tcp(CLIENT, ends.to, "FA", { seq, ack, win: 500 }));
    net.datapath.run();
    expect(net.datapath.takeTransmitted(2)).toHaveLength(1);
    net.datapath.inject(2, tcp(ends.from, ends.back, "FA", { seq: ack, ack: (seq + 1) >>> 0, win: 500 }));
    net.datapath.run();
    expect(net.datapath.takeTransmitted(1)).toHaveLength(1);
    net.datapath.inject(1, tcp(CLIENT, ends.to, "A", { seq: (seq + 1) >>> 0, ack: ack + 1, win: 500 }));
    net.datapath.run();
    expect(connections()[0][0]).toMatch(/state_orig=(TIME_WAIT|FIN_WAIT_2),state_reply=(TIME_WAIT|FIN_WAIT_2)/);
  });

  it("also when more than 2 GiB went by between two countings", () => {
    const seq = (1000 + 0xb000_0000) >>> 0;
    net.kernel.skip(101, tcp(CLIENT, ends.to, "A"), 100_000n, 0xb000_0000n, seq);
    net.kernel.forward(102, tcp(ends.from, ends.back, "A", { seq: 5000, ack: seq, win: 500 }));
    // The acknowledgement's slot saw them all.
    net.pass(1100);
    net.datapath.inject(1, tcp(CLIENT, ends.to, "FA", { seq, ack: 5000, win: 500 }));
    net.datapath.run();
    expect(net.datapath.takeTransmitted(2)).toHaveLength(1);
  });

  it("a FIN far outside the window stays invalid", () => {
    for (let i = 0; i < 3; i++) {
      expect(client(ends, "PA", { seq: 1000 + i * 1000, ack: 5000, data: 1000, win: 500 })).toBe("kernel");
      expect(server(ends, "A", { seq: 5000, ack: 2000 + i * 1000, win: 500 })).toBe("kernel");
    }
    expect(client(ends, "FA", { seq: 0x7000_0000, ack: 5000, win: 500 })).toBe("dropped");
    same();
    expect(client(ends, "PA", { seq: 4000, ack: 5000, data: 10, win: 500 })).toBe("switch");
    expect(client(ends, "PA", { seq: 4010, ack: 5000, data: 10, win: 500 })).toBe("kernel");
    same();
  });

  it.each([
    ["all connections", undefined, false],
    ["the zone", { zone: 7 }, false],
    ["another zone", { zone: 8 }, true],
  ])("a flush of %s is in force at once", (_name, filter, stays) => {
    expect(client(ends, "A", { seq: 1000, ack: 5000 })).toBe("kernel");
    net.both(({ conntrack }) => conntrack.flush(filter));
    net.run();
    expect(net.offloaded).toBe(stays ? 2 : 0);
    expect(client(ends, "A", { seq: 1000, ack: 5000 })).toBe(stays ? "kernel" : "switch");
    same();
  });

  it("a flush of the connection by its tuple too", () => {
    const [{ original }] = [...net.datapath.conntrack.connections()];
    net.both(({ conntrack }) => conntrack.flush({ zone: 7, tuple: original }));
    net.run();
    expect(net.offloaded).toBe(0);
    same();
  });
});

describe.each(TRANSLATIONS)("UDP, %s", (_, first, ends) => {
  const payload = (bytes: number) => new Uint8Array(bytes).fill(bytes);
  const ask = (bytes = 20) => went(1, udp(CLIENT, ends.to, payload(bytes)));
  const answer = (bytes = 20) => went(2, udp(ends.from, ends.back, payload(bytes)));

  it("is the kernel's once it was answered", () => {
    track(first);
    for (let i = 0; i < 3; i++) expect(ask()).toBe("switch");
    expect(net.offloaded).toBe(0);
    expect(answer()).toBe("switch");
    expect(answer(40)).toBe("kernel");
    expect(ask()).toBe("switch");
    expect(ask(41)).toBe("kernel");
    same();
  });

  it("lives as long as the kernel forwards its datagrams, and expires when it is quiet", () => {
    track(first);
    ask();
    answer();
    ask();
    for (let i = 0; i < 100; i++) {
      expect(ask()).toBe("kernel");
      net.pass(2000);
    }
    expect(connections().map(({ length }) => length)).toEqual([1, 1]);
    net.pass(29_000 - 2000);
    expect(connections().map(({ length }) => length)).toEqual([1, 1]);
    net.pass(4000);
    expect(connections().map(({ length }) => length)).toEqual([0, 0]);
    expect(net.broken()).toEqual([]);
  });

  it("lives by one direction alone", () => {
    track(first);
    ask();
    answer();
    for (let i = 0; i < 60; i++) {
      expect(answer()).toBe("kernel");
      net.pass(1500);
    }
    expect(connections().map(({ length }) => length)).toEqual([1, 1]);
  });
});

describe("what a connection's packets change in it", () => {
  const established = (): void => {
    net.send(1, udp(CLIENT, SERVER, new Uint8Array(20)));
    net.send(2, udp(SERVER, CLIENT, new Uint8Array(20)));
  };
  const ask = () => went(1, udp(CLIENT, SERVER, new Uint8Array(20)));

  /** Marks established connections in a second pass; marked ones go to port 3, others to port 2. */
  function markEstablished(commit: DatapathAction): void {
    for (const port of [1, 2]) net.put(fromPort(port), [ct(), recirc(1)]);
    net.put(fromPort(1, 1, ctState(NEW, STATES)), [ct({ commit: true }), output(2)]);
    net.put(fromPort(2, 1, ctState(EST, STATES)), [output(1)]);
    net.put(fromPort(1, 1, ctState(EST, STATES), ctMark(0)), [commit, output(2)]);
    net.put(fromPort(1, 1, ctState(EST, STATES), ctMark(5)), [output(3)]);
  }

  it("a packet that marks its connection is not the measure for those behind it", () => {
    markEstablished(ct({ commit: true, mark: bits(5) }));
    established();
    expect(ask()).toBe("switch");
    expect(ask()).toBe("switch"); // the twin says: to port 3
    expect(ask()).toBe("kernel");
    same();
  });

  it("nor are those that came in one batch with it", () => {
    markEstablished(ct({ commit: true, mark: bits(5) }));
    established();
    const frame = udp(CLIENT, SERVER, new Uint8Array(20));
    net.sendBatch(1, [frame, frame, frame]);
    expect(ask()).toBe("switch");
    expect(ask()).toBe("kernel");
    same();
  });

  it("a label is as good as a mark", () => {
    markEstablished(ct({ commit: true, label: bits(5, 16), mark: bits(5) }));
    established();
    for (const by of ["switch", "switch", "kernel"]) expect(ask()).toBe(by);
    same();
  });

  it("one direction's mark takes the other direction's flow back", () => {
    for (const port of [1, 2]) net.put(fromPort(port), [ct(), recirc(1)]);
    net.put(fromPort(1, 1, ctState(NEW, STATES)), [ct({ commit: true }), output(2)]);
    net.put(fromPort(1, 1, ctState(EST, STATES), ctMark(0)), [output(2)]);
    net.put(fromPort(1, 1, ctState(EST, STATES), ctMark(5)), [output(3)]);
    const answers = net.put(fromPort(2, 1, ctState(EST, STATES)), [output(1)]);
    established();
    expect([ask(), ask()]).toEqual(["switch", "kernel"]);
    net.replace(answers, [ct({ commit: true, mark: bits(5) }), output(1)]);
    went(2, udp(SERVER, CLIENT, new Uint8Array(20)));
    expect([ask(), ask()]).toEqual(["switch", "kernel"]);
    same();
  });

  it("a commit that changes nothing does no harm", () => {
    for (const port of [1, 2]) net.put(fromPort(port), [ct(), recirc(1)]);
    net.put(fromPort(1, 1), [ct({ commit: true, mark: bits(5) }), output(2)]);
    net.put(fromPort(2, 1), [output(1)]);
    established();
    expect([ask(), ask()]).toEqual(["switch", "kernel"]);
    same();
  });
});

describe("what conntrack refuses", () => {
  it("a flow of which conntrack dropped the packet is not the kernel's", () => {
    net.put(fromPort(1), [ct({ commit: true }), output(2)]);
    net.both(({ conntrack }) => conntrack.setZoneLimit(7, 1));
    net.run();
    expect(went(1, udp(CLIENT, SERVER, new Uint8Array(20)))).toBe("switch");
    for (let i = 0; i < 3; i++) expect(went(1, udp("10.0.0.1:1001", SERVER, new Uint8Array(20)))).toBe("dropped");
    expect(net.offloaded).toBe(0);
    net.both(({ conntrack }) => conntrack.deleteZoneLimit(7));
    net.run();
  });

  it("packets of no connection, and invalid ones, stay with the switch", () => {
    for (const port of [1, 2]) net.put(fromPort(port), [ct(), recirc(1)]);
    for (const port of [1, 2]) net.put(fromPort(port, 1), [output(3 - port)]);
    for (let i = 0; i < 3; i++) expect(went(1, tcp(CLIENT, SERVER, "A"))).toBe("switch");
    const wrong = udp(CLIENT, SERVER, new Uint8Array(20));
    wrong[60] ^= 1;
    for (let i = 0; i < 3; i++) expect(went(1, wrong)).toBe("switch");
    expect(net.offloaded).toBe(0);
  });
});

describe("control connections", () => {
  it.each([
    ["FTP", "ftp", 21],
    ["TFTP", "tftp", 69],
  ] as const)("%s's are read packet by packet, also where the action names no helper", (_, helper, port) => {
    const to = `10.0.0.2:${port}`;
    for (const number of [1, 2]) net.put(fromPort(number), [ct(), recirc(1)]);
    net.put(fromPort(1, 1, ctState(NEW, STATES)), [ct({ commit: true, helper }), output(2)]);
    for (const number of [1, 2]) net.put(fromPort(number, 1, ctState(EST, STATES)), [output(3 - number)]);
    if (helper === "ftp") {
      went(1, tcp(CLIENT, to, "S", { seq: 99 }));
      went(2, tcp(to, CLIENT, "SA", { seq: 199, ack: 100 }));
    } else {
      went(1, udp(CLIENT, to, new Uint8Array(20)));
      went(2, udp(to, CLIENT, new Uint8Array(20)));
    }
    for (let i = 0; i < 3; i++) {
      const frame =
        helper === "ftp" ? tcp(CLIENT, to, "A", { seq: 100, ack: 200 }) : udp(CLIENT, to, new Uint8Array(20));
      expect(went(1, frame)).toBe("switch");
    }
    const line = Buffer.from("PORT 10,0,0,1,8,1\r\n");
    if (helper === "ftp") went(1, tcp(CLIENT, to, "PA", { seq: 100, ack: 200, data: line }));
    expect(net.offloaded).toBe(0);
    same();
  });

  it("the data connection that one announced may go", () => {
    for (const number of [1, 2]) net.put(fromPort(number), [ct(), recirc(1)]);
    for (const number of [1, 2]) {
      net.put(fromPort(number, 1, ctState(NEW, STATES)), [ct({ commit: true, helper: "ftp" }), output(3 - number)]);
      net.put(fromPort(number, 1, ctState(EST, STATES)), [output(3 - number)]);
    }
    const control = "10.0.0.2:21";
    went(1, tcp(CLIENT, control, "S", { seq: 99 }));
    went(2, tcp(control, CLIENT, "SA", { seq: 199, ack: 100 }));
    went(1, tcp(CLIENT, control, "A", { seq: 100, ack: 200 }));
    went(1, tcp(CLIENT, control, "PA", { seq: 100, ack: 200, data: Buffer.from("PORT 10,0,0,1,8,1\r\n") }));
    const [own] = connections();
    expect(own).toHaveLength(1);
    went(2, tcp("10.0.0.2:20", "10.0.0.1:2049", "S", { seq: 7 }));
    went(1, tcp("10.0.0.1:2049", "10.0.0.2:20", "SA", { seq: 9, ack: 8 }));
    expect(connections()[0].join()).toContain("parent=");
    same();
    net.both(({ conntrack }) => conntrack.flush());
    net.run();
    expect(net.broken()).toEqual([]);
  });
});

describe("connections that have a tuple in common", () => {
  const virtual = "10.0.0.9:8080";
  const ask = (to: string) => went(1, udp(CLIENT, to, new Uint8Array(20)));
  const answer = () => went(2, udp(SERVER, CLIENT, new Uint8Array(20)));

  beforeEach(() => {
    for (const port of [1, 2]) net.put(fromPort(port), [ct({ nat: nat("") }), recirc(1)]);
    const to = (text: string) => ({ offset: KEY_NW_DST, bytes: ipv4Address(text) });
    net.put(fromPort(1, 1, to("10.0.0.9")), [ct({ commit: true, nat: nat(`dst=${SERVER}`) }), output(2)]);
    net.put(fromPort(1, 1, to("10.0.0.2")), [ct({ commit: true }), output(2)]);
    net.put(fromPort(2, 1), [output(1)]);
  });

  it("the younger has the answers, also those that the kernel forwarded", () => {
    ask(virtual);
    expect([answer(), answer()]).toEqual(["switch", "kernel"]);
    expect(ask(SERVER)).toBe("switch");
    expect(connections()[0]).toHaveLength(2);
    expect([answer(), answer()]).toEqual(["switch", "kernel"]);
    same();
  });

  it("and the older when the younger has gone", () => {
    ask(virtual);
    answer();
    ask(SERVER);
    expect([answer(), answer()]).toEqual(["switch", "kernel"]);
    const tuple = [...net.datapath.conntrack.connections()].map(({ original }) => original);
    const direct = tuple.find(({ destination }) => destination[3] === 2)!;
    net.both(({ conntrack }) => conntrack.flush({ zone: 7, tuple: direct }));
    net.run();
    expect([answer(), answer()]).toEqual(["switch", "kernel"]);
    same();
  });
});
