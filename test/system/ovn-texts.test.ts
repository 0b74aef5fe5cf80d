/** The blog's lab on our switch reads as it did on real Open vSwitch, word by word. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lineSet, withFloodsInOrder, withoutPassing } from "./support/ovn-texts.ts";
import { sharedOvnLab } from "./support/with-ovn-lab.ts";

/** Enough that both servers have answered, and few enough that no flow has grown old. */
const CURLS = 13;
const lab = sharedOvnLab({}, (up) => up.curls(CURLS));
const [chassis, ofctl, appctl] = [
  () => lab().chassis[0],
  (...words: string[]) => chassis().ofctl(...words),
  (...words: string[]) => chassis().appctl(...words),
];

function recorded(file: string): string {
  return readFileSync(new URL(`../data/reference/1-single-chassis/${file}.txt`, import.meta.url), "utf8");
}

/**
 * ovs-vswitchd's userspace datapath cannot write an ARP or ICMP header: it executes such flows in its slow path, and says so.
 * Ours writes them in the fast path.
 */
const SLOW_PATH =
  "This flow is handled by the userspace slow path because it:\n  - Uses action(s) not supported by datapath.\n";
const withoutSlowPath = (text: string): string => text.replaceAll(SLOW_PATH, "");

describe("the datapath", () => {
  /** Stations' own IPv6 chatter comes when it comes, and ARP's actions are where the two datapaths differ. */
  const ofTheLab = (text: string): string[] =>
    lineSet(withoutPassing(text))
      .filter((line) => /eth_type\(0x080[06]\)/.test(line))
      .map((line) => (line.includes("eth_type(0x0806)") ? line.replace(/actions:.*/, "") : line));

  it("has the recorded megaflows", async () => {
    expect(ofTheLab(await appctl("dpctl/dump-flows", "--names"))).toEqual(ofTheLab(recorded("dpctl-dump-flows")));
  });

  it("has them with all their wildcards", async () => {
    // How many words of OVS's own tables a mask takes.
    const withoutExtra = (text: string): string => text.replace(/, dp-extra-info:\S*/g, "");
    const all = ofTheLab(await appctl("dpctl/dump-flows", "-m"));
    expect(all).toEqual(ofTheLab(withoutExtra(recorded("dpctl-dump-flows-m"))));
  });

  it.each([[[]], [["-m"]]])("has the recorded connections %j", async (options) => {
    const connections = lineSet(withoutPassing(await appctl("dpctl/dump-conntrack", ...options)));
    expect(connections).toEqual(lineSet(withoutPassing(recorded(["dpctl-dump-conntrack", ...options].join("")))));
  });
});

describe("ovs-ofctl", () => {
  it.each([
    ["ofctl-dump-flows", ["dump-flows", "br-int"]],
    ["ofctl-dump-flows-no-stats", ["--no-stats", "--names", "dump-flows", "br-int"]],
  ])("prints the recorded rules: %s", async (file, words) => {
    const rules = (text: string): string[] => withFloodsInOrder(withoutPassing(text)).trimEnd().split("\n").sort();
    expect(rules(await ofctl(...words))).toEqual(rules(recorded(`state/${file}`)));
  });

  it.each([
    "show",
    "dump-ports-desc",
    "dump-ports",
    "dump-groups",
    "dump-group-stats",
    "dump-group-features",
    "dump-meters",
    "meter-features",
    "dump-tlv-map",
    "dump-desc",
  ])("%s prints what was recorded", async (command) => {
    expect(withoutPassing(await ofctl(command, "br-int"))).toBe(withoutPassing(recorded(`state/ofctl-${command}`)));
  });
});

describe("ovs-appctl", () => {
  it.each([
    ["ofproto-list", ["ofproto/list"]],
    ["dpif-show", ["dpif/show"]],
    ["dpif-show-dp-features", ["dpif/show-dp-features", "br-int"]],
    ["dpctl-show", ["dpctl/show", "-s"]],
    ["fdb-show", ["fdb/show", "br-int"]],
  ])("prints what was recorded: %s", async (file, words) => {
    expect(withoutPassing(await appctl(...words))).toBe(withoutPassing(recorded(`state/appctl-${file}`)));
  });
});

describe("the switch tells the database", () => {
  it("what its datapath can do", async () => {
    const datapath = await chassis().vsctl("list", "Datapath");
    expect(withoutPassing(datapath)).toBe(withoutPassing(recorded("state/ovs-vsctl-list-Datapath")));
  });
});

describe("ofproto/trace", () => {
  const client = "dl_src=aa:aa:aa:11:11:cc,dl_dst=00:00:00:00:20:00,nw_src=2.1.1.10";
  const toVip = `in_port=veth5,tcp,${client},nw_dst=1.1.1.50,nw_ttl=64,tp_src=40000,tp_dst=8000`;
  const toServer = `in_port=veth5,tcp,${client},nw_dst=1.1.1.100,nw_ttl=64,tp_src=40000,tp_dst=8000`;
  const ping = `in_port=veth5,icmp,${client},nw_ttl=64,icmp_type=8,icmp_code=0`;
  const reply = "dl_src=aa:aa:aa:11:11:aa,dl_dst=00:00:00:00:10:00,nw_src=1.1.1.100,nw_dst=2.1.1.10";
  const arp = "dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_tha=00:00:00:00:00:00";
  const next = (...states: string[]): string[] => states.flatMap((state) => ["--ct-next", state]);

  it.each([
    [
      "blog-literal-syn-generate",
      [`in_port=veth5,tcp,ct_state=new,${client},nw_dst=1.1.1.50,tp_dst=8000`, "-generate"],
    ],
    ["syn-no-ct-next", [`${toVip},tcp_flags=syn`]],
    ["syn-all-new", [`${toVip},tcp_flags=syn`, ...next("trk,new", "trk,new,dnat", "trk,new", "trk,new", "trk,new")]],
    ["syn-generate", [`${toVip},tcp_flags=syn`, ...next("trk,new", "trk,new,dnat", "trk,new", "trk,new"), "-generate"]],
    ["est-orig", [`${toVip},tcp_flags=ack`, ...next("trk,est,dnat", "trk,est,dnat", "trk,est", "trk,est")]],
    [
      "est-orig-afterdnat",
      [`${toServer},tcp_flags=ack`, ...next("trk,est,dnat", "trk,est,dnat", "trk,est", "trk,est")],
    ],
    [
      "arp-gw-ns3",
      [`in_port=veth5,arp,${arp},dl_src=aa:aa:aa:11:11:cc,arp_sha=aa:aa:aa:11:11:cc,arp_spa=2.1.1.10,arp_tpa=2.1.1.1`],
    ],
    [
      "arp-ns1-ns2",
      [
        `in_port=veth1,arp,${arp},dl_src=aa:aa:aa:11:11:aa,arp_sha=aa:aa:aa:11:11:aa,arp_spa=1.1.1.100,arp_tpa=1.1.1.200`,
      ],
    ],
    ["icmp-ns3-ns1", [`${ping},nw_dst=1.1.1.100`]],
    ["icmp-gw-ns3", [`${ping},nw_dst=2.1.1.1`]],
    ["bad-src-mac", [`${toVip}`.replace("11:11:cc", "11:11:dd")]],
    [
      "reply-from-ns1",
      [
        `in_port=veth1,tcp,${reply},nw_ttl=64,tp_src=8000,tp_dst=40000,tcp_flags=syn|ack`,
        ...next("trk,est,rpl,dnat", "trk,est,rpl,dnat"),
      ],
    ],
  ])("prints the recorded way of a packet: %s", async (file, words) => {
    const said = await appctl("ofproto/trace", "br-int", ...words);
    expect(withoutPassing(said)).toBe(withoutPassing(withoutSlowPath(recorded(`trace/${file}`))));
  });

  it.each(["0x0", "0x1", "0x5", "0xa", "0xf"])("goes on behind the group's hash: %s", async (hash) => {
    const flows = await appctl("dpctl/dump-flows");
    const recirculation = /actions:hash\(l4\(0\)\),recirc\((0x[0-9a-f]+)\)/.exec(flows)?.[1];
    const zone = /actions:ct\(zone=(\d+),nat\)/.exec(flows)?.[1];
    const key =
      `recirc_id(${recirculation}),dp_hash(${hash}),ct_state(0x21),ct_zone(${zone}),in_port(4),packet_type(ns=0,id=0),` +
      "eth(src=aa:aa:aa:11:11:cc,dst=00:00:00:00:20:00),eth_type(0x0800)," +
      "ipv4(src=2.1.1.10,dst=1.1.1.50,proto=6,tos=0,ttl=64,frag=no),tcp(src=40000,dst=8000),tcp_flags(syn)";
    const said = await appctl("ofproto/trace", "ovs-netdev", key);
    expect(withoutPassing(said)).toBe(withoutPassing(recorded(`trace/after-dp_hash-${hash}`)));
  });
});
