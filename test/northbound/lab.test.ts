/** The blog's topology, frame by frame: what goes in at one port, and what comes out of which. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recorded } from "./support/data.ts";
import { arpRequest, ping, type Station, sctpInit, tcp, told, udp } from "./support/frames.ts";
import { Network } from "./support/network.ts";

const BLOG = recorded("northbound/blog.nbctl");
const PORTS = ["ls1-veth1", "ls1-veth3", "ls2-veth5"];
const MASTER: Station = { mac: "aa:aa:aa:11:11:aa", ip: "1.1.1.100" };
const SLAVER: Station = { mac: "aa:aa:aa:11:11:bb", ip: "1.1.1.200" };
const CLIENT: Station = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
const CLIENT_GATEWAY = "00:00:00:00:20:00";
const SERVER_GATEWAY = "00:00:00:00:10:00";
const VIP = "1.1.1.50";

interface Scene {
  readonly name: string;
  readonly into: string;
  readonly frame: Uint8Array;
  readonly out: Record<string, string[]>;
}

const SCENES: Scene[] = [
  {
    name: "the switch answers for a neighbour it knows",
    into: "ls1-veth1",
    frame: arpRequest(MASTER, SLAVER.ip),
    out: { "ls1-veth1": ["aa:aa:aa:11:11:bb > aa:aa:aa:11:11:aa: arp 1.1.1.200 is-at aa:aa:aa:11:11:bb to 1.1.1.100"] },
  },
  {
    name: "and for the router's port",
    into: "ls2-veth5",
    frame: arpRequest(CLIENT, "2.1.1.1"),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: arp 2.1.1.1 is-at 00:00:00:00:20:00 to 2.1.1.10"] },
  },
  {
    name: "a probe for one's own address is not answered",
    into: "ls1-veth1",
    frame: arpRequest(MASTER, MASTER.ip),
    out: { "ls1-veth3": ["aa:aa:aa:11:11:aa > ff:ff:ff:ff:ff:ff: arp who-has 1.1.1.100 tell 1.1.1.100"] },
  },
  {
    name: "stations of one switch reach each other",
    into: "ls1-veth1",
    frame: ping(SLAVER.mac, MASTER, SLAVER.ip),
    out: { "ls1-veth3": ["aa:aa:aa:11:11:aa > aa:aa:aa:11:11:bb: 1.1.1.100 > 1.1.1.200 icmp 8/0 ttl 64"] },
  },
  {
    name: "the router answers pings to its own address",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, CLIENT, "2.1.1.1"),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 2.1.1.1 > 2.1.1.10 icmp 0/0 ttl 254"] },
  },
  {
    name: "and to its address on the other side",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, CLIENT, "1.1.1.1"),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 1.1.1.1 > 2.1.1.10 icmp 0/0 ttl 254"] },
  },
  {
    name: "the router takes one from the TTL and puts its own address in the frame",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, CLIENT, MASTER.ip),
    out: { "ls1-veth1": ["00:00:00:00:10:00 > aa:aa:aa:11:11:aa: 2.1.1.10 > 1.1.1.100 icmp 8/0 ttl 63"] },
  },
  {
    name: "a TTL of 1 ends at the router, which says so",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, CLIENT, MASTER.ip, 1),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 2.1.1.1 > 2.1.1.10 icmp 11/0 ttl 254"] },
  },
  {
    name: "a connection to the router itself is reset",
    into: "ls2-veth5",
    frame: tcp(CLIENT_GATEWAY, CLIENT, "2.1.1.1", { from: 40000, to: 22, flags: "S" }),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 2.1.1.1:22 > 2.1.1.10:40000 tcp RA ttl 254"] },
  },
  {
    name: "a datagram to the router itself finds its port unreachable",
    into: "ls2-veth5",
    frame: udp(CLIENT_GATEWAY, CLIENT, "2.1.1.1", 40000, 53),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 2.1.1.1 > 2.1.1.10 icmp 3/3 ttl 254"] },
  },
  {
    name: "an SCTP association with the router itself is aborted",
    into: "ls2-veth5",
    frame: sctpInit(CLIENT_GATEWAY, CLIENT, "2.1.1.1", 40000, 9),
    out: { "ls2-veth5": ["00:00:00:00:20:00 > aa:aa:aa:11:11:cc: 2.1.1.1:9 > 2.1.1.10:40000 protocol 132 ttl 254"] },
  },
  {
    name: "a destination no route leads to is dropped",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, CLIENT, "9.9.9.9"),
    out: {},
  },
  {
    name: "port security drops a foreign Ethernet source",
    into: "ls2-veth5",
    frame: ping(CLIENT_GATEWAY, { ...CLIENT, mac: "aa:aa:aa:11:11:dd" }, MASTER.ip),
    out: {},
  },
  {
    name: "port security drops an ARP sender that is not the frame's",
    into: "ls2-veth5",
    frame: arpRequest(CLIENT, "2.1.1.1", "aa:aa:aa:11:11:dd"),
    out: {},
  },
  {
    name: "a destination nobody has is dropped",
    into: "ls1-veth1",
    frame: ping("aa:aa:aa:11:11:ee", MASTER, "1.1.1.99"),
    out: {},
  },
];

describe("the blog's network", () => {
  let network: Network;
  beforeAll(async () => {
    network = await Network.make(BLOG, PORTS);
  });

  test.for(SCENES)("$name", ({ into, frame, out }) => {
    expect(told(network.send(into, frame))).toEqual(out);
  });
});

describe.each(["one-pass", "recirculate"] as const)("the blog's load balancer, select groups done by %s", (select) => {
  let network: Network;
  beforeEach(async () => {
    network = await Network.make(BLOG, PORTS, select);
  });

  /** A connection as far as the first data, and who served it. */
  function connect(from: number, vip = VIP): string {
    const segment = { from, to: 8000 };
    const syn = told(
      network.send("ls2-veth5", tcp(CLIENT_GATEWAY, CLIENT, vip, { ...segment, flags: "S", sequence: 100 })),
    );
    const [server] = Object.keys(syn);
    if (server === undefined) return "nobody";
    const station = server === "ls1-veth1" ? MASTER : SLAVER;
    expect(syn[server]).toEqual([
      `${SERVER_GATEWAY} > ${station.mac}: 2.1.1.10:${from} > ${station.ip}:8000 tcp S ttl 63`,
    ]);
    const synAck = tcp(SERVER_GATEWAY, station, CLIENT.ip, {
      from: 8000,
      to: from,
      flags: "SA",
      sequence: 500,
      acknowledgement: 101,
    });
    expect(told(network.send(server, synAck))).toEqual({
      "ls2-veth5": [`${CLIENT_GATEWAY} > ${CLIENT.mac}: ${vip}:8000 > 2.1.1.10:${from} tcp SA ttl 63`],
    });
    expect(say(from, vip)).toBe(server);
    return server;
  }

  /** The client sends data on a connection; gives who got it. */
  function say(from: number, vip = VIP): string {
    const data = {
      from,
      to: 8000,
      flags: "PA",
      sequence: 101,
      acknowledgement: 501,
      payload: "GET / HTTP/1.1\r\n\r\n",
    };
    const out = network.send("ls2-veth5", tcp(CLIENT_GATEWAY, CLIENT, vip, data));
    return Object.keys(out)[0] ?? "nobody";
  }

  const ports = Array.from({ length: 40 }, (_, i) => 40000 + i);

  test("connections to the VIP spread over both servers, and each stays with its own", () => {
    const servers = new Map(ports.map((port) => [port, connect(port)]));
    expect(new Set(servers.values())).toEqual(new Set(["ls1-veth1", "ls1-veth3"]));
    for (const [port, server] of servers) expect(say(port)).toBe(server);
  });

  test("with selection_fields=ip_src one client has one server", () => {
    network.run("set Load_Balancer lb1 selection_fields=ip_src");
    expect(new Set(ports.map((port) => connect(port))).size).toBe(1);
  });

  test("without a listener there is a reset, which comes from the VIP", () => {
    const [server] = Object.keys(
      network.send("ls2-veth5", tcp(CLIENT_GATEWAY, CLIENT, VIP, { from: 41000, to: 8000, flags: "S" })),
    );
    const station = server === "ls1-veth1" ? MASTER : SLAVER;
    const reset = tcp(SERVER_GATEWAY, station, CLIENT.ip, {
      from: 8000,
      to: 41000,
      flags: "RA",
      sequence: 0,
      acknowledgement: 2,
    });
    expect(told(network.send(server, reset))).toEqual({
      "ls2-veth5": [`${CLIENT_GATEWAY} > ${CLIENT.mac}: 1.1.1.50:8000 > 2.1.1.10:41000 tcp RA ttl 63`],
    });
  });

  test("a backend taken away gets no new connections, and nobody else's connections break", () => {
    const servers = new Map(ports.map((port) => [port, connect(port)]));
    network.run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000" tcp');
    for (const [port, server] of servers) if (server === "ls1-veth3") expect(say(port)).toBe("ls1-veth3");
    for (const port of ports) expect(connect(port + 1000)).toBe("ls1-veth3");
  });

  test("a backend put back serves again", () => {
    network.run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000" tcp');
    network.run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000,1.1.1.100:8000" tcp');
    expect(new Set(ports.map((port) => connect(port)))).toEqual(new Set(["ls1-veth1", "ls1-veth3"]));
  });

  test("without the balancer the VIP is an address nobody has", () => {
    connect(40000);
    network.run("ls-lb-del ls2 lb1");
    const out = told(
      network.send("ls2-veth5", tcp(CLIENT_GATEWAY, CLIENT, VIP, { from: 42000, to: 8000, flags: "S" })),
    );
    expect(out).toEqual({
      "ls1-veth1": [`${SERVER_GATEWAY} > ff:ff:ff:ff:ff:ff: arp who-has 1.1.1.50 tell 1.1.1.1`],
      "ls1-veth3": [`${SERVER_GATEWAY} > ff:ff:ff:ff:ff:ff: arp who-has 1.1.1.50 tell 1.1.1.1`],
    });
  });

  test("a VIP without backends is silent, or with --reject refuses", () => {
    network.run('lb-add quiet 1.1.1.60:8000 "" -- ls-lb-add ls2 quiet');
    network.run('--reject lb-add loud 1.1.1.61:8000 "" -- ls-lb-add ls2 loud');
    const syn = (vip: string) =>
      told(network.send("ls2-veth5", tcp(CLIENT_GATEWAY, CLIENT, vip, { from: 43000, to: 8000, flags: "S" })));
    expect(syn("1.1.1.60")).toEqual({});
    expect(syn("1.1.1.61")).toEqual({
      "ls2-veth5": [`${CLIENT_GATEWAY} > ${CLIENT.mac}: 1.1.1.61:8000 > 2.1.1.10:43000 tcp RA ttl 255`],
    });
  });

  test("a client that is itself the backend hears from the VIP, not from itself", () => {
    network.run('lb-add self 2.1.1.70:8000 "2.1.1.10:8000" tcp -- ls-lb-add ls2 self');
    const syn = tcp(CLIENT_GATEWAY, CLIENT, "2.1.1.70", { from: 44000, to: 8000, flags: "S", sequence: 100 });
    expect(told(network.send("ls2-veth5", syn))).toEqual({
      "ls2-veth5": [`${CLIENT_GATEWAY} > ${CLIENT.mac}: 2.1.1.70:44000 > 2.1.1.10:8000 tcp S ttl 64`],
    });
    const synAck = tcp(CLIENT_GATEWAY, CLIENT, "2.1.1.70", {
      from: 8000,
      to: 44000,
      flags: "SA",
      sequence: 7,
      acknowledgement: 101,
    });
    expect(told(network.send("ls2-veth5", synAck))).toEqual({
      "ls2-veth5": [`${CLIENT_GATEWAY} > ${CLIENT.mac}: 2.1.1.70:8000 > 2.1.1.10:44000 tcp SA ttl 64`],
    });
  });
});
