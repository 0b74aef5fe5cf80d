import { beforeEach, describe, expect, it } from "vitest";
import {
  KEY_TUN_DST,
  KEY_TUN_FLAGS,
  KEY_TUN_ID,
  KEY_TUN_SRC,
  KEY_TUN_TOS,
  KEY_TUN_TP_SRC,
  KEY_TUN_TTL,
} from "../../../assembly/layout/key.ts";
import type { Datagram } from "../../../src/fastpath/local-tunnels.ts";
import type { SwitchPort } from "../../../src/slowpath/switch.ts";
import { bytesOf, concat, ethernet, ipv4, ipv4Address, udp } from "../../model/frames.ts";
import { TestSwitch } from "../../model/test-switch.ts";

const ENDS = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2") };
const FRAME = ethernet(0x0800, ipv4(ENDS, 17, udp(ENDS, 1, 2, new Uint8Array(30))));
const HERE = ipv4Address("172.31.0.1");
const option = (value: string) => bytesOf(`02406558 00000500 01028001 ${value}`);

describe("tunnel ports of a switch", () => {
  let lab: TestSwitch;
  beforeEach(async () => {
    lab = await TestSwitch.start(3);
    lab.datapath.setGeneveOptions([{ class: 0x0102, type: 0x80, bytes: 4, index: 0, offset: 0 }]);
  });

  function add(name: string, ofport: number, options: Record<string, string>, kind: "geneve" | "vxlan" = "geneve") {
    const spec = { kind, name, options: new Map(Object.entries({ key: "flow", ...options })) };
    return lab.switch.ports.add(spec, { ofport });
  }

  /** Ports that the frame leaves by when it comes from `remote` with this tunnel header. */
  function arrive(port: SwitchPort, remote: string, header: Uint8Array, more: Partial<Datagram> = {}): number[] {
    const outer = { source: ipv4Address(remote), destination: HERE, port: 40_000, ttl: 60, tos: 0, checksum: true };
    lab.datapath.receiveDatagram(port.datapathPort!, { segment: 0, payload: concat(header, FRAME), ...outer, ...more });
    lab.datapath.run();
    return [1, 2, 3].flatMap((number) => lab.datapath.takeTransmitted(lab.datapathPort(number)).map(() => number));
  }

  it("share one port of the datapath for each kind and UDP port", async () => {
    const ports = [
      await add("a", 11, { remote_ip: "172.31.0.2" }),
      await add("b", 12, { remote_ip: "172.31.0.3" }),
      await add("c", 13, { remote_ip: "172.31.0.2", dst_port: "6082" }),
      await add("d", 14, { remote_ip: "172.31.0.2" }, "vxlan"),
    ];
    const names = ports.map(({ datapathPort }) => {
      return lab.datapath.ports().find(({ number }) => number === datapathPort)!.name;
    });
    expect(names).toEqual(["genev_sys_6081", "genev_sys_6081", "genev_sys_6082", "vxlan_sys_4789"]);
    await lab.switch.ports.remove("a");
    expect(lab.datapath.ports().map(({ name }) => name)).toContain("genev_sys_6081");
    await lab.switch.ports.remove("b");
    expect(lab.datapath.ports().map(({ name }) => name)).not.toContain("genev_sys_6081");
  });

  it("send to their other end, with the tunnel's key and options as the rules set them", async () => {
    const port = await add("a", 11, { remote_ip: "172.31.0.2", csum: "true" });
    await lab.add("in_port=1 actions=set_field:5->tun_id,set_field:0x30001->tun_metadata0,output:11");
    expect(lab.send(1, FRAME)).toEqual([]);
    const [datagram, ...more] = lab.datapath.takeDatagrams(port.datapathPort!);
    expect(more).toEqual([]);
    expect(datagram.payload).toEqual(concat(option("00030001"), FRAME));
    expect(datagram).toMatchObject({ destination: ipv4Address("172.31.0.2"), port: 6081, ttl: 64, checksum: true });
    expect(datagram).toMatchObject({ source: undefined, dontFragment: true, tos: 0 });
  });

  it("get the packets of their other end", async () => {
    const a = await add("a", 11, { remote_ip: "172.31.0.2" });
    const b = await add("b", 12, { remote_ip: "172.31.0.3" });
    await lab.add("in_port=11,tun_id=5,tun_metadata0=0x30001 actions=output:1", "in_port=12 actions=output:2");
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([1]);
    expect(arrive(a, "172.31.0.2", option("00030002"))).toEqual([]);
    expect(arrive(b, "172.31.0.3", option("00030001"))).toEqual([2]);
    expect(arrive(b, "172.31.0.4", option("00030001"))).toEqual([]);
  });

  it("are found by the most particular: key, then other end, then this end", async () => {
    const any = await add("any", 11, { remote_ip: "flow" });
    await add("remote", 12, { remote_ip: "172.31.0.2" });
    await add("local", 13, { remote_ip: "172.31.0.2", local_ip: "172.31.0.1" });
    await add("key", 14, { remote_ip: "172.31.0.2", key: "9" });
    await lab.add("in_port=11 actions=output:1", "in_port=12 actions=output:2", "in_port=13 actions=output:3");
    const header = (key: number) => Uint8Array.of(0, 0, 0x65, 0x58, 0, 0, key, 0);
    expect(arrive(any, "172.31.0.9", header(5))).toEqual([1]);
    expect(arrive(any, "172.31.0.2", header(5))).toEqual([3]);
    expect(arrive(any, "172.31.0.2", header(5), { destination: ipv4Address("172.31.0.7") })).toEqual([2]);
    expect(arrive(any, "172.31.0.2", header(9))).toEqual([]);
  });

  it("make megaflows that know key, both ends, flags and TOS, and neither source port nor TTL", async () => {
    const a = await add("a", 11, { remote_ip: "172.31.0.2" });
    await lab.add("in_port=11 actions=output:1");
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([1]);
    const [{ mask }] = [...lab.switch.megaflows];
    const bits = (offset: number, bytes: number) =>
      Buffer.from(mask.bytes.subarray(offset, offset + bytes)).toString("hex");
    expect([bits(KEY_TUN_ID, 8), bits(KEY_TUN_SRC, 4), bits(KEY_TUN_DST, 4)]).toEqual([
      "ffffffffffffffff",
      "ffffffff",
      "ffffffff",
    ]);
    expect([bits(KEY_TUN_FLAGS, 2), bits(KEY_TUN_TOS, 1)]).toEqual(["0007", "ff"]);
    expect([bits(KEY_TUN_TTL, 1), bits(KEY_TUN_TP_SRC, 2)]).toEqual(["00", "0000"]);
    expect(arrive(a, "172.31.0.2", option("00030002"), { port: 50_000, ttl: 3 })).toEqual([1]);
    expect(lab.switch.upcalls.statistics.misses).toBe(1);
  });

  it("are still known after conntrack", async () => {
    const a = await add("a", 11, { remote_ip: "172.31.0.2" });
    await lab.add(
      "table=0,in_port=11,udp actions=ct(commit,table=1)",
      "table=1,in_port=11,tun_id=5,tun_metadata0=0x30001,ct_state=+new actions=output:1",
    );
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([1]);
    expect(arrive(a, "172.31.0.2", option("00030002"))).toEqual([]);
  });

  it("send on what came by another tunnel, from the host's own address", async () => {
    const a = await add("a", 11, { remote_ip: "172.31.0.2" });
    await add("b", 12, { remote_ip: "172.31.0.3" });
    await lab.add("in_port=11 actions=output:12");
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([]);
    const [datagram] = lab.datapath.takeDatagrams(a.datapathPort!);
    expect(datagram).toMatchObject({ destination: ipv4Address("172.31.0.3"), source: undefined });
    expect(datagram.payload).toEqual(concat(option("00030001"), FRAME));
  });

  it("change their options while they work", async () => {
    const a = await add("a", 11, { remote_ip: "172.31.0.2" });
    await lab.add("in_port=11 actions=output:1", "in_port=1 actions=output:11");
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([1]);
    lab.send(1, FRAME);
    const changed = new Map([
      ["remote_ip", "172.31.0.5"],
      ["key", "flow"],
    ]);
    expect(lab.switch.ports.setTunnel(lab.bridge, a, changed)).toBe(true);
    lab.datapath.takeDatagrams(a.datapathPort!);
    lab.send(1, FRAME);
    const [{ destination }] = lab.datapath.takeDatagrams(a.datapathPort!);
    expect(destination).toEqual(ipv4Address("172.31.0.5"));
    expect(arrive(a, "172.31.0.2", option("00030001"))).toEqual([]);
    expect(arrive(a, "172.31.0.5", option("00030001"))).toEqual([1]);
    expect(lab.switch.ports.setTunnel(lab.bridge, a, new Map([...changed, ["dst_port", "7777"]]))).toBe(false);
  });

  it("are refused when another one is the same, and leave nothing behind", async () => {
    await add("a", 11, { remote_ip: "172.31.0.2" });
    await expect(add("b", 12, { remote_ip: "172.31.0.2" })).rejects.toThrow(
      "b: port a of bridge br-int is the same tunnel",
    );
    await expect(add("c", 12, {})).rejects.toThrow("c: geneve type requires valid 'remote_ip' argument");
    expect(lab.bridge.portByName("b")).toBeUndefined();
    await lab.switch.ports.remove("a");
    await add("b", 12, { remote_ip: "172.31.0.2" });
    await lab.switch.ports.remove("b");
    expect(lab.datapath.ports().map(({ name }) => name)).toEqual(["p1", "p2", "p3"]);
  });
});
