/** The recorded OVN host (528 flows, one group, three veths), asked what its ovs-vswitchd was asked. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { FLOW_OFFLOADS } from "../../assembly/layout/megaflow.ts";
import { COMMANDS } from "../../src/unixctl/commands/list.ts";
import { bytesOf, ethernet, ipv4, ipv4Address, tcp } from "../model/frames.ts";
import { recordedFiles } from "../slowpath/reference.ts";
import { TestDaemon } from "./test-daemon.ts";

const root = new URL("../data/reference/1-single-chassis/", import.meta.url);
const recorded = (name: string): string => readFileSync(new URL(name, root), "utf8");

let daemon: TestDaemon;

async function appctl(name: string, ...words: string[]): Promise<string> {
  const text = await COMMANDS.find((command) => command.name === name)!.run(daemon, words);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

beforeAll(async () => {
  daemon = await TestDaemon.start(["veth1", "veth3", "veth5"]);
  daemon.datapathTypeName = "netdev";
  const lines = (file: string, wanted: string) =>
    recordedFiles(`1-single-chassis/state/${file}`)[0].lines.filter((line) => line.includes(wanted));
  await daemon.lab.add(...lines("ofctl-dump-groups.txt", "group_id=").map((line) => line.trim()));
  await daemon.lab.add(...lines("ofctl-dump-flows-no-stats.txt", "actions="));
});

/** Test ports are called dummies, where the recorded host had devices. */
const asDevices = (text: string): string =>
  text
    .replace(/(br-int 65534\/\d+: )\(dummy-internal\)/, "$1(tap)")
    .replace(/(port \d+: br-int) \(dummy-internal\)/, "$1 (tap)")
    .replace(/(veth\d \d\/\d: )\(dummy\)/g, "$1(system)")
    .replace(/(port \d+: veth\d) \(dummy\)/g, "$1");
const numbers = (text: string): string => text.replace(/\d+(\.\d+)?/g, "N");

describe("state", () => {
  it("dpif/show", async () => {
    const counters = (text: string): string => text.replace(/hit:\d+ missed:\d+/, "hit:N missed:N");
    expect(counters(asDevices(await appctl("dpif/show")))).toBe(counters(recorded("state/appctl-dpif-show.txt")));
  });

  it("dpctl/show -s", async () => {
    const comparable = (text: string): string =>
      text
        .replace(/(hit|missed|lost|flows|packets|bytes):( ?)\d+( \([\d.]+ KiB\))?/g, "$1:$2N")
        .replace(/(errors|dropped|overruns|frame|aborted|carrier|collisions):[\d?]+/g, "$1:N");
    const answer = asDevices(await appctl("dpctl/show", "-s"));
    expect(comparable(answer)).toBe(comparable(recorded("state/appctl-dpctl-show.txt")));
  });

  it("dpif/show-dp-features", async () => {
    expect(await appctl("dpif/show-dp-features", "br-int")).toBe(recorded("state/appctl-dpif-show-dp-features.txt"));
  });

  it.each([
    ["ofproto/list", "ofproto-list"],
    ["upcall/show", "upcall-show"],
    ["dpif-netdev/pmd-stats-show", "pmd-stats-show"],
  ])("%s, but for the numbers", async (name, file) => {
    expect(numbers(await appctl(name))).toBe(numbers(recorded(`state/appctl-${file}.txt`)));
  });

  it("fdb/show", async () => {
    expect(await appctl("fdb/show", "br-int")).toBe(recorded("state/appctl-fdb-show.txt"));
  });

  it("memory/show names what there is", async () => {
    expect(await appctl("memory/show")).toMatch(/^handlers:1 ports:4 revalidators:1 rules:528\n$/);
  });
});

/** The commands of reference/1-single-chassis/README.md. */
const syn =
  "in_port=veth5,tcp,dl_src=aa:aa:aa:11:11:cc,dl_dst=00:00:00:00:20:00,nw_src=2.1.1.10,nw_dst=1.1.1.50,nw_ttl=64,tp_src=40000,tp_dst=8000";
const icmp = "in_port=veth5,icmp,dl_src=aa:aa:aa:11:11:cc,dl_dst=00:00:00:00:20:00,nw_src=2.1.1.10,nw_ttl=64";
const next = (...states: string[]): string[] => states.flatMap((state) => ["--ct-next", state]);
const reply =
  "in_port=veth1,tcp,dl_src=aa:aa:aa:11:11:aa,dl_dst=00:00:00:00:10:00,nw_src=1.1.1.100,nw_dst=2.1.1.10,nw_ttl=64,tp_src=8000,tp_dst=40000,tcp_flags=syn|ack";
const traces: [file: string, ...words: string[]][] = [
  [
    "blog-literal-syn-generate",
    "in_port=veth5,tcp,ct_state=new,dl_src=aa:aa:aa:11:11:cc,dl_dst=00:00:00:00:20:00,nw_src=2.1.1.10,nw_dst=1.1.1.50,tp_dst=8000",
    "-generate",
  ],
  ["syn-no-ct-next", `${syn},tcp_flags=syn`],
  ["syn-all-new", `${syn},tcp_flags=syn`, ...next("trk,new", "trk,new,dnat", "trk,new", "trk,new", "trk,new")],
  ["syn-generate", `${syn},tcp_flags=syn`, ...next("trk,new", "trk,new,dnat", "trk,new", "trk,new"), "-generate"],
  ["est-orig", `${syn},tcp_flags=ack`, ...next("trk,est,dnat", "trk,est,dnat", "trk,est", "trk,est")],
  [
    "est-orig-afterdnat",
    `${syn.replace("1.1.1.50", "1.1.1.100")},tcp_flags=ack`,
    ...next("trk,est,dnat", "trk,est,dnat", "trk,est", "trk,est"),
  ],
  [
    "arp-gw-ns3",
    "in_port=veth5,arp,dl_src=aa:aa:aa:11:11:cc,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=2.1.1.10,arp_tpa=2.1.1.1,arp_sha=aa:aa:aa:11:11:cc,arp_tha=00:00:00:00:00:00",
  ],
  [
    "arp-ns1-ns2",
    "in_port=veth1,arp,dl_src=aa:aa:aa:11:11:aa,dl_dst=ff:ff:ff:ff:ff:ff,arp_op=1,arp_spa=1.1.1.100,arp_tpa=1.1.1.200,arp_sha=aa:aa:aa:11:11:aa,arp_tha=00:00:00:00:00:00",
  ],
  ["icmp-ns3-ns1", `${icmp},nw_dst=1.1.1.100,icmp_type=8,icmp_code=0`],
  ["icmp-gw-ns3", `${icmp},nw_dst=2.1.1.1,icmp_type=8,icmp_code=0`],
  ["bad-src-mac", syn.replace("11:11:cc", "11:11:dd")],
  ["reply-from-ns1", reply, ...next("trk,est,rpl,dnat", "trk,est,rpl,dnat")],
];

describe("ofproto/trace br-int", () => {
  /** What differs by design or by chance: see test/slowpath/translate/trace-text.test.ts. */
  const comparable = (text: string): string[] =>
    text
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("Megaflow: "))
      .filter((line) => !line.startsWith("This flow is handled by") && !line.startsWith("  - Uses action(s) not"))
      .map((line) => line.replace(/recirc_id=0x[0-9a-f]+|recirc\(0x[0-9a-f]+\)/g, "recirc(ID)"))
      .map((line) => line.replace(/(continuation=0,recirc_id=)\d+/, "$1N"));

  it.each(traces)("%s", async (file, ...words) => {
    const answer = await appctl("ofproto/trace", "br-int", ...words);
    expect(comparable(answer)).toEqual(comparable(recorded(`trace/${file}.txt`)));
  });
});

describe("ofproto/trace of a datapath flow", () => {
  it.each(["0x0", "0x1", "0x5", "0xa", "0xf"])("goes on after dp_hash %s", async (hash) => {
    const passes = await appctl("ofproto/trace", "br-int", `${syn},tcp_flags=syn`, ...next("trk,new"));
    const ids = [...passes.matchAll(/recirc\((0x[0-9a-f]+)\)$/gm)].map(([, id]) => id);
    const key = `recirc_id(${ids.at(-1)}),dp_hash(${hash}),ct_state(0x21),ct_zone(0x2),in_port(4),packet_type(ns=0,id=0),eth(src=aa:aa:aa:11:11:cc,dst=00:00:00:00:20:00),eth_type(0x0800),ipv4(src=2.1.1.10,dst=1.1.1.50,proto=6,tos=0,ttl=64,frag=no),tcp(src=40000,dst=8000),tcp_flags(syn)`;
    const comparable = (text: string): string[] =>
      text
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("Megaflow: "))
        .map((line) => line.replace(/recirc_id=0x[0-9a-f]+|recirc\(0x[0-9a-f]+\)/g, "recirc(ID)"));
    const answer = await appctl("ofproto/trace", "ovs-netdev", key);
    expect(comparable(answer)).toEqual(comparable(recorded(`trace/after-dp_hash-${hash}.txt`)));
  });
});

describe("after a handshake through the load balancer", () => {
  const client = { source: ipv4Address("2.1.1.10"), destination: ipv4Address("1.1.1.50") };
  beforeAll(() => {
    const headers = bytesOf("00 00 00 00 20 00 aa aa aa 11 11 cc");
    const frame = ethernet(0x0800, ipv4(client, 6, tcp(client, { source: 40000, destination: 8000, flags: 0x02 })));
    frame.set(headers);
    daemon.lab.send(3, frame);
  });

  it("dpctl/dump-conntrack shows the connection as recorded", async () => {
    const line = (text: string): string => text.replace(/\d+/g, "N").replace(/state=\w+/, "state=S");
    const wanted = recorded("dpctl-dump-conntrack.txt").split("\n")[0];
    expect(line((await appctl("dpctl/dump-conntrack")).split("\n")[0])).toBe(line(wanted));
  });

  it("dpctl/dump-flows begins with its title and shows megaflows in the recorded form", async () => {
    const [title, ...lines] = (await appctl("dpctl/dump-flows", "--names")).trimEnd().split("\n");
    expect(title).toBe("flow-dump from the main thread:");
    const form =
      /^(ct_state\(\S*\),)?(ct_zone\(\S*\),)?(ct_mark\(\S*\),)?recirc_id\(\S+\),.*in_port\(veth\d\),packet_type\(ns=0,id=0\),.*, packets:\d+, bytes:\d+, used:(never|[\d.]+s)(, flags:\S+)?, actions:\S+$/;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(2);
  });

  it("dpctl/get-flow finds a megaflow by the id that dump-flows -m shows", async () => {
    const [, line] = (await appctl("dpctl/dump-flows", "-m")).split("\n");
    const ufid = line.slice(0, line.indexOf(","));
    expect(ufid).toMatch(/^ufid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await appctl("dpctl/get-flow", "-m", ufid)).toBe(`${line}\n`);
  });

  it("dpctl/dump-flows filters by a field", async () => {
    expect(await appctl("dpctl/dump-flows", "filter=in_port=veth1")).not.toContain("in_port(4)");
    expect(await appctl("dpctl/dump-flows", "filter=in_port=veth5,tcp")).toContain("in_port(4)");
  });

  it("dpctl/dump-flows tells megaflows that the kernel forwards from the others", async () => {
    const all = await appctl("dpctl/dump-flows");
    for (const type of ["offloaded", "tc", "partially-offloaded"]) {
      expect(await appctl("dpctl/dump-flows", `type=${type}`)).toBe("");
    }
    for (const type of ["ovs", "non-offloaded", "all", "tc,ovs"]) {
      expect(await appctl("dpctl/dump-flows", `type=${type}`)).toBe(all);
    }
    const [flow] = daemon.switch.megaflows;
    const memory = new DataView(daemon.lab.datapath.memory.buffer);
    memory.setUint32(flow.address + FLOW_OFFLOADS, 1, true);
    try {
      const [, line, ...others] = (await appctl("dpctl/dump-flows", "-m", "type=offloaded")).trimEnd().split("\n");
      expect(others).toEqual([]);
      expect(line).toMatch(/, used:\S+, (flags:\S+, )?offloaded:yes, dp:tc, actions:/);
      const rest = (await appctl("dpctl/dump-flows", "-m", "type=non-offloaded")).trimEnd().split("\n");
      expect(rest).toHaveLength(all.trimEnd().split("\n").length - 1);
      expect(rest).not.toContain(line);
      expect(await appctl("dpctl/dump-flows", "type=offloaded")).not.toContain("offloaded:yes");
      expect(await appctl("dpif/dump-flows", "-m", "br-int")).not.toMatch(/offloaded:yes|dp:/);
    } finally {
      memory.setUint32(flow.address + FLOW_OFFLOADS, 0, true);
    }
  });

  it("dpif/dump-flows shows the bridge's megaflows without a title", async () => {
    const flows = (await appctl("dpctl/dump-flows")).split("\n").slice(1).join("\n");
    expect(await appctl("dpif/dump-flows", "br-int")).toBe(flows);
  });

  it("connection counts are in the recorded form", async () => {
    const names = ["ct-get-nconns", "ct-get-tcp-seq-chk", "ct-stats-show", "ct-bkts"];
    const texts = await Promise.all(names.map((name) => appctl(`dpctl/${name}`)));
    const wanted = recorded("state/appctl-ct-get.txt").split("\n").slice(1).join("\n");
    const comparable = (text: string): string => text.replace(/ *\d+(\.\.)?/g, " N");
    expect(comparable(texts.join(""))).toBe(comparable(wanted));
  });

  it("revalidator/purge takes all megaflows, and their packets stay counted", async () => {
    await appctl("revalidator/purge");
    expect(await appctl("dpctl/dump-flows")).toBe("");
    expect(await appctl("bridge/dump-flows", "br-int")).toMatch(/n_packets=1, /);
  });
});
