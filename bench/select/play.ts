/**
 * `node play.ts '{"way": 0, "connections": 1000, "packets": [1, 10]}'`: plays that many connections in a process of their own, so
 * that memory and processor time are theirs alone, and prints one line of JSON: a Play.
 */
import { readFileSync } from "node:fs";
import { check } from "../bench.ts";
import { BACKENDS, balancerSwitch, CLIENT_PORT, WAYS } from "./balancer.ts";
import { Traffic } from "./traffic.ts";

const WARM_UP = 3000;

export interface PlayOrder {
  /** Index into WAYS. */
  readonly way: number;
  readonly connections: number;
  /** Packets a connection at which to look, ascending. */
  readonly packets: readonly number[];
}

export interface Play {
  readonly points: readonly PlayPoint[];
  /** Bytes of memory more than before the first packet. */
  readonly bytes: number;
}

export interface PlayPoint {
  readonly packets: number;
  /** Of all packets up to here, without making them. */
  readonly nanoseconds: number;
  readonly cpuSeconds: number;
  readonly upcalls: number;
  readonly megaflows: number;
}

export async function play({ way, connections, packets }: PlayOrder): Promise<Play> {
  const made = await balancerSwitch(WAYS[way]);
  const { datapath } = made;
  const traffic = new Traffic(datapath, connections);
  const points: PlayPoint[] = [];
  const before = residentBytes();
  let nanoseconds = 0;
  let cpuSeconds = 0;
  for (let step = 0; step < packets.at(-1)!; step++) {
    const cost = traffic.play(step);
    nanoseconds += cost.nanoseconds;
    cpuSeconds += cost.cpuSeconds;
    if (packets.includes(step + 1)) {
      const upcalls = Number(datapath.counters().upcalls);
      points.push({ packets: step + 1, nanoseconds, cpuSeconds, upcalls, megaflows: made.switch.megaflows.size });
    }
    if (step === 0) traffic.learnBackends();
  }
  const bytes = residentBytes() - before;
  checkAccount(datapath, connections * packets.at(-1)!);
  await made.switch.close();
  return { points, bytes };
}

/** Every packet went out, and none was dropped. */
function checkAccount(datapath: Awaited<ReturnType<typeof balancerSwitch>>["datapath"], played: number): void {
  const drops = [...datapath.counters().drops].filter(([, count]) => count > 0n);
  check(drops.length === 0, `dropped: ${drops.map(([reason, count]) => `${count} ${reason}`).join(", ")}`);
  let sent = 0n;
  for (let port = 0; port <= BACKENDS; port++) sent += datapath.portStatistics(CLIENT_PORT + port).txPackets;
  check(sent === BigInt(played), `${played} packets went in, ${sent} came out`);
}

function residentBytes(): number {
  const [, resident] = readFileSync("/proc/self/statm", "utf8").split(" ");
  return Number(resident) * 4096;
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2]) as PlayOrder;
  // The compilers' work is not the switch's: others play first, one with many upcalls, one as this one.
  for (const way of [WAYS.length - 2, order.way]) await play({ way, connections: WARM_UP, packets: [10] });
  console.log(JSON.stringify(await play(order)));
}
