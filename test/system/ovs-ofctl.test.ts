/** Debian's ovs-ofctl drives our switch, and prints what it prints of real Open vSwitch. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NOT_COUNTED_BY_DUMMIES } from "../../src/cli/vswitchd/dummy/datapath.ts";
import { echo } from "../conntrack/text.ts";
import { emptyUdp, exchange, ofctl, ofctlVersions, parseTranscript, transcriptBridge } from "../openflow/ofctl.ts";
import { TestServer } from "../openflow/test-server.ts";

const OFPP_LOCAL = 65534;

let server: TestServer;
const monitors: ChildProcess[] = [];
beforeEach(async () => {
  server = await TestServer.start(2);
  await server.lab.switch.ports.add({ kind: "test", name: transcriptBridge }, { ofport: OFPP_LOCAL });
});
afterEach(async () => {
  for (const monitor of monitors.splice(0)) {
    const gone = once(monitor, "close");
    if (monitor.kill()) await gone;
  }
  await server.close();
});

const ask = (...words: string[]): Promise<string> => ofctl(server.directory, words);

/** A monitor or snooper, and what it has printed, a line each. */
function watch(...words: string[]): string[] {
  const child = spawn("ovs-ofctl", words, { env: { ...process.env, OVS_RUNDIR: server.directory } });
  monitors.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => void lines.push(line));
  }
  return lines;
}

describe("ovs-ofctl", () => {
  it.each(ofctlVersions)("says what it says of Open vSwitch, in %s", async (version) => {
    const transcript = parseTranscript(
      readFileSync(new URL(`../data/openflow/${version}.txt`, import.meta.url), "utf8"),
    );
    // What Open vSwitch said it said of dummies.
    const { datapath } = server.lab;
    const counted = datapath.portStatistics.bind(datapath);
    vi.spyOn(datapath, "portStatistics").mockImplementation((port) => ({
      ...counted(port),
      ...NOT_COUNTED_BY_DUMMIES,
    }));
    const said = [];
    for (const { command } of transcript) {
      said.push(await exchange(server.directory, version, command));
      datapath.run();
    }
    expect(said).toEqual(transcript);
  });

  it("writes and reads a field of which the flow keeps the low bits only", async () => {
    const actions = [
      "load:0x2->NXM_OF_ARP_OP[]",
      "move:NXM_OF_ARP_OP[]->NXM_NX_REG0[0..15]",
      "push:NXM_OF_ARP_OP[]",
      "pop:NXM_OF_ARP_OP[]",
      "learn(table=1,eth_type=0x806,NXM_OF_ARP_OP[],load:0x2->NXM_OF_ARP_OP[])",
    ].join(",");
    expect(await ask("add-flow", transcriptBridge, `priority=5,arp,actions=${actions}`)).toBe("");
    expect(await ask("dump-flows", "--no-stats", transcriptBridge)).toContain(` priority=5,arp actions=${actions}\n`);
  });

  it("flushes an echo's connection by its tuple, which it sends with an empty reply", async () => {
    const { conntrack } = server.lab.datapath;
    await server.lab.add("icmp actions=ct(commit,zone=5),output:2");
    for (const id of [77, 78]) server.lab.send(1, echo("10.1.1.2:0", "10.1.1.1:0", "request", id));
    const tuple = "ct_nw_src=10.1.1.2,ct_nw_dst=10.1.1.1,ct_nw_proto=1,icmp_id=77,icmp_type=8,icmp_code=0";
    expect(await ask("ct-flush", transcriptBridge, "zone=5", tuple)).toBe("");
    server.lab.datapath.run();
    expect([...conntrack.connections()].map(({ original }) => original.icmpId)).toEqual([78]);
  });

  it("describes the switch, and is echoed", async () => {
    expect(await ask("dump-desc", transcriptBridge)).toMatch(/Manufacturer: .+\nHardware: .+\nSoftware: .+\n/);
    expect(await ask("ping", transcriptBridge, "5")).toContain("5 bytes from br-int");
    expect(await ask("probe", transcriptBridge)).toBe("");
    await server.lab.add("in_port=1 actions=output:2");
    server.lab.datapath.inject(1, Buffer.from(emptyUdp, "hex"));
    server.lab.datapath.run();
    expect(await ask("dump-tables", transcriptBridge)).toContain("table 0:\n    active=1, lookup=1, matched=1\n");
  });

  it("prints packets for the controller, sends them on where they were paused, and follows the rules", async () => {
    const flows = watch("monitor", transcriptBridge, "watch:");
    const packets = watch("monitor", transcriptBridge, "65534", "resume", "-P", "nxt_packet_in2");
    const printed = (lines: string[]) => expect.poll(() => lines.join("\n"));
    await printed(flows).toContain("NXST_FLOW_MONITOR reply");
    await expect
      .poll(() => [...server.server.agent.sessions].some(({ missSendLength }) => missSendLength > 0))
      .toBe(true);
    await ask("add-flow", transcriptBridge, "cookie=5,in_port=1,actions=controller(userdata=01.02,pause),output:2");
    await printed(flows).toContain(
      " event=ADDED table=0 cookie=0x5 in_port=1 actions=controller(userdata=01.02,pause),output:2",
    );
    expect(server.lab.send(1, Buffer.from(emptyUdp, "hex"))).toEqual([]);
    await printed(packets).toContain("send: NXT_RESUME");
    await printed(packets).toMatch(
      /NXT_PACKET_IN2 \(xid=0x0\): (cookie=0x5 )?total_len=42 in_port=1 \(via action\) data_len=42/,
    );
    await printed(packets).toContain("continuation.actions=unroll_xlate(table=0, cookie=5),output:2");
    await expect.poll(() => server.lab.sendAll([])).toEqual([`2:${emptyUdp}`]);
  });

  it("overhears a connection", async () => {
    const controller = `${server.directory}/controller`;
    const listener = createServer().listen(controller);
    server.server.setControllers([{ target: `unix:${controller}` }]);
    const [socket] = await once(listener, "connection");
    const snooped = watch("snoop", transcriptBridge);
    await expect.poll(() => [...server.server.agent.sessions].length).toBe(0);
    // HELLO and ECHO_REQUEST of OpenFlow 1.3.
    socket.write(Uint8Array.of(4, 0, 0, 8, 0, 0, 0, 1));
    await expect.poll(() => [...server.server.agent.sessions].some(({ snoopers }) => snoopers.size > 0)).toBe(true);
    socket.write(Uint8Array.of(4, 2, 0, 8, 0, 0, 0, 2));
    await expect.poll(() => snooped.join("\n")).toContain("OFPT_ECHO_REPLY (OF1.3) (xid=0x2)");
    socket.destroy();
    listener.close();
  });
});
