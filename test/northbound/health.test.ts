/** Health checks: the packets and rules of ovn-controller 23.03.1, and when a backend is in rotation and when not. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { MonitoredService } from "../../src/northbound/health/monitored-service.ts";
import { buildProbe, buildProbeReset } from "../../src/northbound/health/probe.ts";
import { formatMac } from "../../src/northbound/network/mac.ts";
import { Northbound } from "../../src/northbound/northbound.ts";
import { parseEthernet } from "../../src/northbound/packet-actions/packet/ethernet.ts";
import { type IpPacket, parseIp } from "../../src/northbound/packet-actions/packet/ip.ts";
import type { PacketOut } from "../../src/northbound/packet-actions/packet-action.ts";
import { OPCODE } from "../../src/northbound/packet-actions/userdata.ts";
import { mutate, mutations } from "../model/mutations.ts";
import { recorded } from "./support/data.ts";
import { arpRequest, ethernetFrame, portUnreachable, type Station, tcp, told } from "./support/frames.ts";
import { Network } from "./support/network.ts";
import { comparableGroups, comparableRules, withHopLimit, withoutFeaturesNotBuilt } from "./support/rules.ts";
import { Timers } from "./support/timers.ts";

const MONITOR = "02:00:00:00:00:77";
const A: Station = { mac: "aa:aa:aa:11:11:aa", ip: "1.1.1.100" };
const B: Station = { mac: "aa:aa:aa:11:11:bb", ip: "1.1.1.200" };
const CLIENT: Station = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
const CLIENT_GATEWAY = "00:00:00:00:20:00";

interface Recorded {
  readonly frame: Uint8Array;
  readonly packet: IpPacket;
  readonly transport: DataView;
}

function dissect(frame: Uint8Array): Recorded {
  const packet = parseIp(parseEthernet(frame)!.payload)!;
  const { payload } = packet;
  return { frame, packet, transport: new DataView(payload.buffer, payload.byteOffset, payload.length) };
}

const SYN = 0x02;
const RST_ACK = 0x14;
const isReset = ({ packet }: Recorded): boolean => packet.protocol === 6 && packet.payload[13] === RST_ACK;

/** Who was asked, as the frame says. */
function serviceOf({ frame, packet, transport }: Recorded): MonitoredService {
  return {
    uuid: "",
    protocol: packet.protocol === 6 ? "tcp" : "udp",
    address: packet.destination,
    port: transport.getUint16(2),
    mac: formatMac(frame.subarray(0, 6)),
    source: packet.source,
    sourceMac: formatMac(frame.subarray(6, 12)),
    switchKey: 1,
    portKey: 1,
    timing: { interval: 5000, timeout: 3000, successCount: 1, failureCount: 1 },
  };
}

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** What ovn-controller sent to backends: on a switch of dummies, and on the reference's bridge (frames end the packet-outs). */
function sentByOvn(): Recorded[] {
  const dummies = [...recorded("northbound/health.packets.txt").matchAll(/ to backend \S+ ([0-9a-f]+)$/gm)];
  const messages = recorded("reference/openflow-health/conn2-pinctrl.first60.jsonl").trim().split("\n");
  const packetOuts = messages
    .map((line) => JSON.parse(line) as { name?: string; hex: string })
    .filter(({ name }) => name === "OFPT_PACKET_OUT");
  const frames = [...dummies.map(([, hex]) => fromHex(hex)), ...packetOuts.map(({ hex }) => fromHex(hex).slice(-54))];
  return frames.map(dissect);
}

describe("the packets of health checks", () => {
  const sent = sentByOvn();
  const probes = sent.filter((item) => !isReset(item));
  const probeOf = ({ packet, transport }: Recorded) => ({
    sourcePort: transport.getUint16(0),
    sequence: packet.protocol === 6 ? transport.getUint32(4) : 0,
  });

  test("are ovn-controller's to the byte: SYN by IPv4 and IPv6, UDP", () => {
    const kinds = new Set(probes.map(({ packet }) => `${packet.source.family} ${packet.protocol}`));
    expect(kinds).toEqual(new Set(["4 6", "4 17", "6 6", "6 17"]));
    for (const probe of probes) expect(buildProbe(serviceOf(probe), probeOf(probe))).toEqual(probe.frame);
  });

  test("end the connection with ovn-controller's reset, one number earlier: where the backend takes it", () => {
    const resets = sent.filter(isReset);
    expect(resets.length).toBeGreaterThan(5);
    for (const reset of resets) {
      const ours = { sourcePort: reset.transport.getUint16(0), sequence: reset.transport.getUint32(4) - 2 };
      const frame = buildProbeReset(serviceOf(reset), ours, reset.transport.getUint32(8) - 1);
      const made = dissect(frame);
      expect(made.transport.getUint32(4)).toBe(ours.sequence + 1);
      // The checksum covers the number.
      for (const { transport } of [made, reset]) {
        transport.setUint32(4, 0);
        transport.setUint16(16, 0);
      }
      expect(frame).toEqual(reset.frame);
    }
  });
});

/** The network of health.nbctl under a clock of its own: probes that went out, and answers to them. */
class Watch {
  readonly timers = new Timers();
  readonly northbound: Northbound;
  readonly sent: PacketOut[] = [];

  constructor(options: string) {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    this.northbound = new Northbound({ ...this.timers, random });
    this.northbound.onPacket((packet) => this.sent.push(packet));
    const commands = recorded("northbound/health.nbctl").replaceAll(
      "options:interval=1000 options:timeout=1000",
      options,
    );
    expect(this.northbound.runFile(commands)).toMatchObject({ exitCode: 0 });
    for (const [i, port] of ["a", "b", "c"].entries()) this.northbound.bind(port, i + 1);
  }

  pass(seconds: number): void {
    this.timers.advance(seconds * 1000);
  }

  run(line: string): string {
    const { stdout, stderr } = this.northbound.run(line.split(" "));
    return stdout + stderr;
  }

  /** The last probe to an address. */
  probe(ip: string, port: number): Recorded {
    const found = this.sent
      .map(({ packet }) => dissect(packet))
      .filter((item) => !isReset(item) && item.packet.destination.text === ip && item.transport.getUint16(2) === port);
    return found.at(-1)!;
  }

  count(ip: string, port: number): number {
    const isTo = (item: Recorded) => item.packet.destination.text === ip && item.transport.getUint16(2) === port;
    return this.sent.map(({ packet }) => dissect(packet)).filter((item) => isTo(item) && !isReset(item)).length;
  }

  /** A backend's answer to the last probe; gives what was sent for it. */
  answer(station: Station, port: number, flags: string, off = 0): readonly PacketOut[] {
    const { packet, transport } = this.probe(station.ip, port);
    const segment = {
      from: port,
      to: transport.getUint16(0),
      flags,
      sequence: 500,
      acknowledgement: transport.getUint32(4) + 1 + off,
    };
    return this.receive(station, tcp(MONITOR, station, packet.source.text, segment));
  }

  receive(station: Station, frame: Uint8Array): readonly PacketOut[] {
    const registers = new Array<number>(16).fill(0);
    registers[14] = station.mac === A.mac ? 1 : 2;
    const answers = this.northbound.handlePacket({
      userdata: Uint8Array.of(0, 0, 0, OPCODE.serviceCheck, 0, 0, 0, 0),
      packet: frame,
      fields: { inPort: 1, metadata: 1n, registers },
    });
    // Results are told together with others that come at the same time.
    this.timers.advance(0);
    return answers;
  }

  refuse(station: Station, port: number): void {
    this.receive(station, portUnreachable(MONITOR, station, this.probe(station.ip, port).frame));
  }

  status(ip: string, port: number): string {
    return this.run(`--bare --columns=status find Service_Monitor ip="${ip}" port=${port}`).trim();
  }

  /** Backends in the group of a VIP's connections on ls2; "drop" and the like when there is none. */
  rotation(match: string): string[] | string {
    const { flows, groups } = this.northbound.desired();
    const rule = flows.find(
      (flow) => flow.startsWith("table=20, ") && flow.includes("metadata=0x2,") && flow.includes(match),
    )!;
    const id = /group:(\d+)/.exec(rule)?.[1];
    if (id === undefined) return rule.slice(rule.indexOf("actions=") + 8);
    const group = groups.find((text) => text.startsWith(`group_id=${id},`))!;
    return [...group.matchAll(/bucket_id:(\d+).*?nat\(dst=([^)]*)\)/g)].map(([, bucket, to]) => `${bucket} ${to}`);
  }
}

const TCP_VIP = "nw_dst=1.1.1.50,tp_dst=8000";
const UDP_VIP = "nw_dst=1.1.1.51,tp_dst=53";
const BOTH = ["0 1.1.1.100:8000", "1 1.1.1.200:8000"];

describe("a TCP backend", () => {
  let watch: Watch;
  beforeEach(() => {
    watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(0);
  });

  test("is in rotation before it was asked, and its status is not known", () => {
    expect(watch.status("1.1.1.100", 8000)).toBe("");
    expect(watch.rotation(TCP_VIP)).toEqual(BOTH);
  });

  test("that answers is online, gets a reset, and is asked again after the interval", () => {
    const [reset] = watch.answer(A, 8000, "SA");
    expect(isReset(dissect(reset.packet))).toBe(true);
    expect(watch.status("1.1.1.100", 8000)).toBe("online");
    watch.pass(3.9);
    expect(watch.count("1.1.1.100", 8000)).toBe(1);
    watch.pass(0.1);
    expect(watch.count("1.1.1.100", 8000)).toBe(2);
  });

  test("that resets is out of rotation at once, and back when it answers", () => {
    watch.answer(A, 8000, "SA");
    expect(watch.answer(B, 8000, "RA")).toEqual([]);
    expect(watch.status("1.1.1.200", 8000)).toBe("offline");
    expect(watch.rotation(TCP_VIP)).toEqual([BOTH[0]]);
    watch.pass(4);
    watch.answer(B, 8000, "SA");
    expect(watch.status("1.1.1.200", 8000)).toBe("online");
    expect(watch.rotation(TCP_VIP)).toEqual(BOTH);
  });

  test("keeps its bucket's number while another is out", () => {
    watch.answer(A, 8000, "RA");
    expect(watch.rotation(TCP_VIP)).toEqual([BOTH[1]]);
  });

  test("that says nothing is offline after the timeout, and asked again an interval later", () => {
    watch.answer(A, 8000, "SA");
    watch.pass(1.9);
    expect(watch.status("1.1.1.200", 8000)).toBe("");
    watch.pass(0.1);
    expect(watch.status("1.1.1.200", 8000)).toBe("offline");
    watch.pass(3.9);
    expect(watch.count("1.1.1.200", 8000)).toBe(1);
    watch.pass(0.1);
    expect(watch.count("1.1.1.200", 8000)).toBe(2);
  });

  test("is not helped by an answer that comes too late, or to another probe, from elsewhere or to elsewhere", () => {
    expect(watch.answer(A, 8000, "SA", 1)).toEqual([]);
    expect(watch.answer(A, 8000, "A")).toEqual([]);
    expect(watch.answer({ ...B, ip: A.ip }, 8000, "SA")).toEqual([]);
    const { transport } = watch.probe("1.1.1.100", 8000);
    const segment = {
      from: 8000,
      to: transport.getUint16(0),
      flags: "SA",
      acknowledgement: transport.getUint32(4) + 1,
    };
    expect(watch.receive(A, tcp(MONITOR, A, "1.1.1.9", segment))).toEqual([]);
    watch.pass(2);
    expect(watch.status("1.1.1.100", 8000)).toBe("offline");
    // The reset spares the backend a connection that nobody wants; it changes nothing else.
    expect(watch.answer(A, 8000, "SA")).toHaveLength(1);
    expect(watch.status("1.1.1.100", 8000)).toBe("offline");
  });

  test("is asked from a new port with a new number each time", () => {
    const first = watch.probe("1.1.1.100", 8000);
    watch.pass(6);
    const second = watch.probe("1.1.1.100", 8000);
    expect(second.transport.getUint16(0)).not.toBe(first.transport.getUint16(0));
    expect(second.transport.getUint32(4)).not.toBe(first.transport.getUint32(4));
    expect(second.packet.payload[13]).toBe(SYN);
  });

  test("whose port goes is offline, whatever it answered; asked at once when the port is back", () => {
    watch.answer(A, 8000, "SA");
    watch.northbound.unbind("a");
    expect(watch.status("1.1.1.100", 8000)).toBe("offline");
    expect(watch.rotation(TCP_VIP)).toEqual([BOTH[1]]);
    watch.pass(60);
    expect(watch.count("1.1.1.100", 8000)).toBe(1);
    watch.northbound.bind("a", 1);
    watch.pass(0);
    expect(watch.count("1.1.1.100", 8000)).toBe(2);
    watch.answer(A, 8000, "SA");
    expect(watch.rotation(TCP_VIP)).toContain(BOTH[0]);
  });

  test("by IPv6 likewise", () => {
    const station = { mac: A.mac, ip: "fd01::100" };
    expect(isReset(dissect(watch.answer(station, 80, "SA")[0].packet))).toBe(true);
    watch.pass(2);
    expect(watch.rotation("ipv6_dst=fd00::50")).toEqual(["0 [fd01::100]:80"]);
  });
});

describe("a UDP backend", () => {
  test("is online when it says nothing, offline when its port is unreachable", () => {
    const watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(2);
    expect(watch.status("1.1.1.100", 53)).toBe("online");
    watch.pass(4);
    watch.refuse(A, 53);
    expect(watch.status("1.1.1.100", 53)).toBe("offline");
    expect(watch.rotation(UDP_VIP)).toBe("drop");
    watch.pass(6);
    expect(watch.status("1.1.1.100", 53)).toBe("online");
    // 1.1.1.200 has no place in ip_port_mappings: as in OVN, it is not used.
    expect(watch.rotation(UDP_VIP)).toEqual(["0 1.1.1.100:53"]);
  });

  test("is not brought down by an error about another datagram", () => {
    const watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(0);
    const frame = watch.probe("1.1.1.100", 53).frame.slice();
    frame[35] ^= 1;
    watch.receive(A, portUnreachable(MONITOR, A, frame));
    watch.pass(2);
    expect(watch.status("1.1.1.100", 53)).toBe("online");
  });
});

describe("the options of a health check", () => {
  test("are 5 seconds, 3 seconds, one success and one failure when they are not set", () => {
    const watch = new Watch("");
    watch.pass(2.9);
    expect(watch.status("1.1.1.100", 8000)).toBe("");
    watch.pass(0.1);
    expect(watch.status("1.1.1.100", 8000)).toBe("offline");
    watch.pass(4.9);
    expect(watch.count("1.1.1.100", 8000)).toBe(1);
    watch.pass(0.1);
    expect(watch.count("1.1.1.100", 8000)).toBe(2);
    watch.answer(A, 8000, "SA");
    expect(watch.status("1.1.1.100", 8000)).toBe("online");
  });

  test("say how many results it takes", () => {
    const watch = new Watch("options:interval=4 options:timeout=2 options:success_count=2 options:failure_count=3");
    watch.pass(0);
    const results = ["SA", "SA", "RA", "RA", "SA", "RA", "SA", "SA"].map((flags) => {
      watch.answer(A, 8000, flags);
      watch.pass(4);
      return watch.status("1.1.1.100", 8000);
    });
    expect(results).toEqual(["", "online", "online", "online", "online", "offline", "offline", "online"]);
  });

  test("may change while it runs", () => {
    const watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(0);
    watch.answer(A, 8000, "SA");
    watch.run("set Load_Balancer_Health_Check 1.1.1.50:8000 options:interval=30");
    watch.pass(4);
    watch.answer(A, 8000, "SA");
    watch.pass(29);
    expect(watch.count("1.1.1.100", 8000)).toBe(2);
    watch.pass(1);
    expect(watch.count("1.1.1.100", 8000)).toBe(3);
  });

  test.each(["0", "-1", "soon", "99999999999"])("are never taken for a flood: interval=%s", (value) => {
    const watch = new Watch(`options:interval=${value} options:timeout=${value}`);
    watch.pass(60);
    expect(watch.count("1.1.1.100", 8000)).toBeLessThan(9);
  });
});

describe("the rules", () => {
  function settled(): Watch {
    const watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(0);
    watch.answer(A, 8000, "SA");
    watch.answer(B, 8000, "RA");
    watch.refuse(A, 53);
    watch.pass(2);
    return watch;
  }

  test("are ovn-controller's when some backends are offline, and all of some services", () => {
    const { flows, groups } = settled().northbound.desired();
    const lines = withHopLimit(recorded("northbound/health-offline.rules.txt").split("\n"));
    expect(comparableRules(flows)).toEqual(withoutFeaturesNotBuilt(lines));
    // There, the one backend left of two is bucket 0 of a new group.
    expect(comparableGroups(groups)).toEqual(comparableGroups(lines));
  });

  test("drop connections to a service that is all offline, or refuse them when it has options:reject", () => {
    const watch = settled();
    expect(watch.rotation("nw_dst=1.1.1.52")).toBe("drop");
    expect(watch.rotation("nw_dst=1.1.1.53")).toContain("controller(userdata=00.00.00.16");
  });

  test("of what is not watched stay: another VIP of the same load balancer", () => {
    expect(settled().rotation("nw_dst=1.1.1.50,tp_dst=8001")).toEqual(["0 1.1.1.100:8001", "1 1.1.1.200:8001"]);
  });

  test("have nothing of the monitor once nobody is watched, and no timer is left", () => {
    const watch = settled();
    for (const name of ["lbt", "lbu", "lbd", "lbr", "lb6"]) watch.run(`clear Load_Balancer ${name} health_check`);
    expect(watch.northbound.desired().flows.filter((flow) => flow.includes(MONITOR))).toEqual([]);
    expect(watch.run("list Service_Monitor")).toBe("");
    expect(watch.rotation(TCP_VIP)).toEqual(BOTH);
    expect(watch.timers.pending).toBe(0);
  });

  test("change once for all results that come together, and not for a first good one", () => {
    const watch = new Watch("options:interval=4 options:timeout=2");
    watch.pass(0);
    const heard: unknown[] = [];
    watch.northbound.onChange((changes) => heard.push(changes));
    watch.answer(A, 8000, "SA");
    expect(watch.status("1.1.1.100", 8000)).toBe("online");
    expect(heard).toEqual([]);
    watch.pass(2);
    expect(["1.1.1.200", "fd01::100", "fd01::200"].map((ip) => watch.status(ip, ip.includes(":") ? 80 : 8000))).toEqual(
      [...["offline", "offline", "offline"]],
    );
    expect(heard).toHaveLength(1);
  });

  test("are left alone by a result that changes nothing", () => {
    const watch = settled();
    const heard: unknown[] = [];
    watch.northbound.onChange((changes) => heard.push(changes));
    watch.pass(2);
    watch.answer(A, 8000, "SA");
    expect(heard).toEqual([]);
  });
});

describe("commands", () => {
  test("list who is watched, by whom, and what came of it", () => {
    const watch = new Watch("options:interval=4");
    watch.pass(0);
    watch.answer(A, 8000, "SA");
    const listed = watch.run('find Service_Monitor ip="1.1.1.100" port=8000').replace(/^_uuid.*\n/, "");
    expect(listed).toBe(
      [
        "external_ids        : {}",
        'ip                  : "1.1.1.100"',
        "logical_port        : a",
        'options             : {interval="4"}',
        "port                : 8000",
        "protocol            : tcp",
        'src_ip              : "1.1.1.2"',
        `src_mac             : "${MONITOR}"`,
        "status              : online",
        "",
      ].join("\n"),
    );
  });

  test("share a monitor between load balancers that have a backend in common", () => {
    const watch = new Watch("options:interval=4");
    expect(watch.run("--bare --columns=_uuid find Service_Monitor port=8000").trim().split("\n\n")).toHaveLength(2);
  });

  test.each(["create Service_Monitor ip=x", "set Service_Monitor . status=online", "--all destroy Service_Monitor"])(
    "leave the monitors' rows alone: %s",
    (line) => {
      expect(new Watch("").run(line)).toBe("ovn-nbctl: table Service_Monitor is written by health checks only\n");
    },
  );

  test("refuse health checks of SCTP load balancers, in whichever order it is said", () => {
    const watch = new Watch("");
    const refusal = "ovn-nbctl: lbt: health checks of SCTP load balancers are not supported\n";
    expect(watch.run("set Load_Balancer lbt protocol=sctp")).toBe(refusal);
    watch.run("lb-add lbs 1.1.1.60:90 1.1.1.100:90 sctp");
    const create =
      "--id=@hc create Load_Balancer_Health_Check options:interval=1 -- add Load_Balancer lbs health_check @hc";
    expect(watch.run(create)).toBe(refusal.replace("lbt", "lbs"));
  });

  test("make up an Ethernet address for the monitor, and keep it", () => {
    const northbound = new Northbound();
    northbound.runFile(recorded("northbound/health.nbctl").replace(/^set NB_Global.*\n/, ""));
    const mac = () => northbound.run(["get", "NB_Global", ".", "options:svc_monitor_mac"]).stdout;
    expect(mac()).toMatch(/^"[0-9a-f][26ae](:[0-9a-f]{2}){5}"\n$/);
    const before = mac();
    northbound.run(["clear", "Load_Balancer", "lbt", "health_check"]);
    expect(mac()).toBe(before);
    northbound.close();
  });
});

test("no packet to the monitor makes it fail", () => {
  const watch = new Watch("");
  watch.pass(0);
  const { transport } = watch.probe("1.1.1.100", 8000);
  const segment = { from: 8000, to: transport.getUint16(0), flags: "SA", acknowledgement: transport.getUint32(4) + 1 };
  const frames = [
    tcp(MONITOR, A, "1.1.1.2", segment),
    portUnreachable(MONITOR, A, watch.probe("1.1.1.100", 53).frame),
    ethernetFrame(MONITOR, A.mac, 0x0800, new Uint8Array(3)),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...frames), mutations(), (frame, changes) => {
      for (const { packet } of watch.receive(A, mutate(frame, changes))) expect(isReset(dissect(packet))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe.each(["one-pass", "recirculate"] as const)("on a switch, select groups done by %s", (select) => {
  test("probes reach backends, answers the monitor, and connections only backends that answer", async () => {
    const commands = recorded("northbound/health.nbctl").replaceAll("options:interval=1000 options:timeout=1000", "");
    const network = await Network.make(commands, ["a", "b", "c"], select);
    const probes = network.pass(0);
    expect(told(network.send("a", arpRequest(A, "1.1.1.2")))).toEqual({
      a: [`${MONITOR} > ${A.mac}: arp 1.1.1.2 is-at ${MONITOR} to 1.1.1.100`],
    });
    const synOf = (frames: readonly Uint8Array[]) =>
      frames.map(dissect).find(({ transport, packet }) => packet.protocol === 6 && transport.getUint16(2) === 8000)!;
    const reply = (station: Station, frames: readonly Uint8Array[], flags: string) => {
      const { transport } = synOf(frames);
      const numbers = { sequence: 500, acknowledgement: transport.getUint32(4) + 1 };
      return tcp(MONITOR, station, "1.1.1.2", { from: 8000, to: transport.getUint16(0), flags, ...numbers });
    };
    const port = synOf(probes.a).transport.getUint16(0);
    expect(told(network.send("a", reply(A, probes.a, "SA")))).toEqual({
      a: [`${MONITOR} > ${A.mac}: 1.1.1.2:${port} > 1.1.1.100:8000 tcp RA ttl 63`],
    });
    expect(network.send("b", reply(B, probes.b, "RA"))).toEqual({});
    network.pass(0);

    const servers = new Set<string>();
    for (let client = 40000; client < 40020; client++) {
      const syn = tcp(CLIENT_GATEWAY, CLIENT, "1.1.1.50", { from: client, to: 8000, flags: "S" });
      for (const server of Object.keys(network.send("c", syn))) servers.add(server);
    }
    expect(servers).toEqual(new Set(["a"]));
  });
});
