import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CurlResult } from "../../src/lab/curl.ts";
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { HOSTS, SERVERS } from "../../src/lab/topology.ts";
import { sharedLab } from "./support/with-lab.ts";

const CURLS = 40;
const SYN =
  "in_port=veth5,tcp,dl_src=aa:aa:aa:11:11:cc,dl_dst=00:00:00:00:20:00,nw_src=2.1.1.10,nw_dst=1.1.1.50,nw_ttl=64,tp_src=40000,tp_dst=8000,tcp_flags=syn";

let results: CurlResult[];

const lab = sharedLab({}, async (built) => {
  results = await built.curls(CURLS);
});

const answeredBy = (says: string) => results.filter(({ answer }) => answer === says).length;

describe("after the curls", () => {
  it("conntrack holds each connection, to the server that answered it", async () => {
    const lines = (await lab().ask("conntrack")).split("\n").filter((line) => line.includes("dst=1.1.1.50,"));
    expect(lines).toHaveLength(CURLS);
    for (const { address, says } of SERVERS) {
      const served = lines.filter((line) => line.includes(`reply=(src=${address},dst=2.1.1.10,`));
      expect(served).toHaveLength(answeredBy(says));
      for (const line of served) {
        expect(line).toMatch(
          /^tcp,orig=\(src=2\.1\.1\.10,dst=1\.1\.1\.50,sport=(\d+),dport=8000\),reply=\(src=[\d.]+,dst=2\.1\.1\.10,sport=8000,dport=\1\),zone=\d+,mark=2,protoinfo=\(state=[A-Z_0-9]+\)$/,
        );
      }
    }
  });

  it("conntrack -m adds both directions' states", async () => {
    expect(await lab().ask("conntrack", [], { more: true })).toMatch(/protoinfo=\(state_orig=\w+,state_reply=\w+,/);
  });

  it("groups count each bucket's connections as they were answered", async () => {
    const { groups } = JSON.parse(await lab().ask("stats", [], { json: true }));
    const buckets = groups.flatMap((group: { buckets: unknown[] }) => group.buckets);
    expect(buckets.map(({ connections }: { connections: number }) => connections)).toEqual(
      SERVERS.map(({ says }) => answeredBy(says)),
    );
    const text = await lab().ask("groups");
    expect(text).toContain("type=select");
    for (const { says } of SERVERS) expect(text).toContain(`${answeredBy(says)}`);
  });

  it("stats agree with what the kernel counted on each device", async () => {
    const { ports } = JSON.parse(await lab().ask("stats", [], { json: true }));
    for (const host of HOSTS) {
      const port = ports.find(({ name }: { name: string }) => name === host.port);
      const device = async (counter: string) => {
        const file = `/sys/class/net/${lab().device(host)}/statistics/${counter}`;
        return Number(await runInNamespace(lab().namespace(host.name), ["cat", file]));
      };
      // What the device sends, the switch receives.
      expect([port.rxPackets, port.txPackets]).toEqual([await device("tx_packets"), await device("rx_packets")]);
      expect(port.rxErrors + port.txErrors + port.txDropped).toBe(0);
    }
  });

  it("stats as text and for Prometheus name lookups, ports and drops", async () => {
    const text = await lab().ask("stats");
    expect(text).toMatch(/^ *3 {2}veth5 /m);
    expect(text).toMatch(/^lookups +\d+ /m);
    const metrics = await lab().ask("stats", [], { prometheus: true });
    expect(metrics).toMatch(/^megaflow_port_packets_total\{port="veth5",direction="rx"\} \d+$/m);
    expect(metrics).toMatch(/^megaflow_lookups_total\{result="cache"\} \d+$/m);
  });

  it("flows show match, statistics and actions, and far fewer than packets", async () => {
    const lines = (await lab().ask("flows")).split("\n");
    const established = lines.filter((line) => /ct_state\([^)]*\+est/.test(line) && /actions:.*veth5$/.test(line));
    expect(established.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/packets:\d+, bytes:\d+, used:(never|[\d.]+s)(, flags:[A-Z.]+)?, actions:/);
    }
    expect(lines.length).toBeLessThan(80);
  });

  it("tables list the rules with their cookies and counters", async () => {
    const lines = (await lab().ask("tables")).split("\n");
    expect(lines.some((line) => /n_packets=[1-9]/.test(line) && line.includes("group"))).toBe(true);
  });

  it("trace goes through the stages by name, down to the bucket", async () => {
    const text = await lab().ask("trace", [SYN], { ctNext: ["trk,new", "trk,new"] });
    for (const stage of ["ls_in_pre_lb", "ls_in_lb", "group:", "bucket"]) expect(text).toContain(stage);
    expect(text).toMatch(/^Megaflow: .*nw_dst=1\.1\.1\.50/m);
    expect(text).toMatch(/^Datapath actions: ct\(/m);
    expect(text).toMatch(/nat\(dst=1\.1\.1\.(100|200):8000\)/);
  });

  it("a trace sends nothing and leaves nothing", async () => {
    const before = (await lab().ask("conntrack")).split("\n").length;
    await lab().ask("trace", [SYN]);
    expect((await lab().ask("conntrack")).split("\n")).toHaveLength(before);
  });

  it("a bad request is refused in one sentence, and the daemon serves on", async () => {
    await expect(lab().ask("trace", ["in_port=veth5,nonsense"])).rejects.toThrow(/nonsense/);
    await expect(lab().ask("ports add", ["nosuchdevice"], { kind: "system" })).rejects.toThrow(/nosuchdevice/);
    await expect(lab().ask("ports remove", ["nosuchdevice"])).rejects.toThrow(/nosuchdevice/);
    expect(await lab().ask("ports")).toContain("veth5");
  });

  it("the log has the daemon's start as JSON lines", () => {
    const file = `${lab().state.directory}/daemon.log`;
    const lines = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.some(({ msg }) => msg === "ready")).toBe(true);
  });
});
