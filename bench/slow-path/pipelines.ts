/** Switches in memory whose every client port needs a megaflow of its own: a short pipeline, and OVN's 528 recorded rules. */
import { fileURLToPath } from "node:url";
import { recordedRules } from "../../src/cli/recorded-rules.ts";
import { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { CLIENT, HOSTS } from "../../src/lab/topology.ts";
import { Switch } from "../../src/slowpath/switch.ts";
import { parseFlowLine } from "../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../src/slowpath/tables/group-text.ts";
import type { GroupMod, Modification } from "../../src/slowpath/tables/modification.ts";
import { bytesOf, concat, ipv4, ipv4Address, tcp } from "../../test/model/frames.ts";

export interface Pipeline {
  readonly name: string;
  make(): Promise<PipelineSwitch>;
}

export interface PipelineSwitch {
  readonly datapath: LocalDatapath;
  readonly switch: Switch;
  /** Datapath port that the frames come in by. */
  readonly port: number;
  /** The first packet of the n-th connection. */
  frame(n: number): Uint8Array;
}

const RECORDED = fileURLToPath(new URL("../../test/data/reference/1-single-chassis/state", import.meta.url));
const CLIENT_ADDRESS = "2.1.1.10";
const VIP = "1.1.1.50";
const CLIENT_MAC = "aaaaaa1111cc";
const ROUTER_MAC = "000000002000";
const FIRST_PORT = 1024;
const PORTS = 64_000;

export const PIPELINES: readonly Pipeline[] = [
  {
    name: "one table, a group by ip_src,tp_src",
    make: () =>
      start(1, async () => [
        parseGroup(
          "group_id=1,type=select,selection_method=hash,fields(ip_src,tcp_src),bucket=output:2,bucket=output:3",
          "add",
        ),
        parseFlowLine("table=0,tcp actions=group:1"),
      ]),
  },
  {
    name: "OVN's 528 rules, a group by ip_src,tp_src",
    make: () =>
      start(CLIENT.ofport, async (made) =>
        recordedRules(RECORDED, made.bridge().portNames).map((change) =>
          change.kind === "group" ? byFields(change) : change,
        ),
      ),
  },
];

function byFields(group: GroupMod): GroupMod {
  const { selectionMethod, fields, selectionParam } = parseGroup(
    "group_id=1,type=select,selection_method=hash,fields(ip_src,tcp_src)",
    "add",
  );
  return { ...group, selectionMethod, fields, selectionParam };
}

async function start(client: number, rules: (made: Switch) => Promise<Modification[]>): Promise<PipelineSwitch> {
  const datapath = new LocalDatapath({ seed: 1, discard: true });
  const made = new Switch({ datapath, select: "recirculate", now: () => datapath.now, timers: false });
  // The recorded rules name the lab's ports.
  for (const { port, ofport } of HOSTS) await made.ports.add({ kind: "test", name: port }, { ofport });
  await made.apply(await rules(made));
  return { datapath, switch: made, port: made.bridge().port(client)!.datapathPort!, frame: firstPacket };
}

/** A SYN of the client to the load balancer; its destination changes when the ports are used up. */
function firstPacket(n: number): Uint8Array {
  const ip = { source: ipv4Address(CLIENT_ADDRESS), destination: ipv4Address(VIP) };
  ip.source[1] += Math.floor(n / PORTS);
  const segment = tcp(ip, { source: FIRST_PORT + (n % PORTS), destination: 8000, flags: 2 });
  return concat(bytesOf(ROUTER_MAC), bytesOf(CLIENT_MAC), [8, 0], ipv4(ip, 6, segment));
}
