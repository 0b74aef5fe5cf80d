/**
 * `node generator.ts ORDER` (a GeneratorOrder in JSON): whole TCP connections of crafted frames between hosts whose own stacks look away,
 * client and servers in this one process, with a packet socket in each host. Prints one line of JSON: Crafted.
 *
 * It does not sleep as long as frames come within AWAKE: neither it nor the switch waits for a wake-up, whoever the switch is.
 */
import { addressOf, argument, poll, yieldProcessor } from "../../../src/kernel/system-calls.ts";
import { type Spent, spentBy, spentSince } from "../../processor-time.ts";
import { quantile } from "../../statistics.ts";
import type { Connections } from "../connections.ts";
import { must, POLL_SIZE, POLLIN, watch } from "../sockets.ts";
import { CraftedClient } from "./client.ts";
import { FrameLink } from "./frame-link.ts";
import type { Path } from "./segment.ts";
import { CraftedServer } from "./server.ts";

/** A host whose frames are made here. */
export interface CraftedHost {
  readonly namespace: string;
  readonly device: string;
  readonly address: string;
  /** Hardware address of whom its frames go to. */
  readonly nextHop: string;
}

export interface GeneratorOrder {
  readonly client: CraftedHost;
  /** They answer 1, 2 … */
  readonly servers: readonly CraftedHost[];
  /** What the client calls, and the servers' port. */
  readonly address: string;
  readonly port: number;
  readonly count: number;
  /** Connections before those that count. */
  readonly warmUp: number;
  readonly inFlight: number;
  /** How many ports of the client's, in turn. */
  readonly ports: number;
  /** Process of the switch. */
  readonly pid?: number;
}

/** Without `processor`'s meaning of the client alone: here it is of client and servers. */
export interface Crafted extends Connections {
  /** Segments sent again. */
  readonly again: number;
  /** Frames that came with a wrong checksum. */
  readonly damaged: number;
  /** Frames that a ring here had no room for. */
  readonly missed: number;
  /** While the connections were under way. */
  readonly spent: Spent;
}

const FIRST_PORT = 1024;
/** Milliseconds without a frame before it sleeps, and between looks for what must be sent again. */
const AWAKE = 1;
const LOOK = 20;

const order = JSON.parse(process.argv[2]) as GeneratorOrder;

interface End {
  readonly link: FrameLink;
  readonly side: CraftedClient | CraftedServer;
}

const [client, ...servers] = ends();
const all = [client, ...servers];
const waiting = argument(POLL_SIZE * all.length);
/** Known to the kernel by address only: as exports they outlive the garbage collector's interest. */
export const held = [waiting, all];
for (const [slot, { link }] of all.entries()) watch(waiting, slot, link.descriptor, POLLIN);

function ends(): [End & { side: CraftedClient }, ...End[]] {
  const { inFlight, ports, port, address } = order;
  const link = new FrameLink(order.client.namespace, order.client.device);
  const path = { ...pathOf(link, order.client, address), destinationPort: port };
  const side = new CraftedClient({ path, firstPort: FIRST_PORT, ports, inFlight }, link.append);
  const servers = order.servers.map((host, i): End => {
    const link = new FrameLink(host.namespace, host.device);
    const path = { ...pathOf(link, host, order.client.address), sourcePort: port };
    return { link, side: new CraftedServer({ path, number: i + 1 }, link.append) };
  });
  return [{ link, side }, ...servers];
}

function pathOf({ mac }: FrameLink, { nextHop, address }: CraftedHost, destination: string): Path {
  return { sourceMac: mac, destinationMac: nextHop, source: address, destination };
}

/** Plays so many connections to their end. */
function play(count: number): void {
  let now = performance.now();
  let last = now;
  let looked = now;
  client.side.begin(count, now);
  client.link.flush();
  while (!client.side.isOver) {
    let came = 0;
    for (const { link, side } of all) {
      came += link.receive(side, now);
      link.flush();
    }
    now = performance.now();
    if (came > 0) last = now;
    else if (now - last < AWAKE) yieldProcessor();
    else must(poll(addressOf(waiting), all.length, LOOK), "poll");
    if (now - looked < LOOK) continue;
    looked = now;
    for (const { link, side } of all) {
      side.resend(now);
      link.flush();
    }
  }
}

const total = (of: (end: End) => number): number => all.reduce((sum, end) => sum + of(end), 0);
const again = () => total(({ side }) => side.again);

play(order.warmUp);
const againBefore = again();
const before = spentBy(order.pid);
const usage = process.cpuUsage();
const start = performance.now();
play(order.count);
const end = performance.now();
const { user, system } = process.cpuUsage(usage);
const spent = spentSince(before, order.pid);

const { times, failed, ended, tenths } = client.side;
const microseconds = Array.from(times.subarray(0, client.side.answered), (time) => time * 1000);
const result: Crafted = {
  seconds: (end - start) / 1000,
  p50: microseconds.length > 0 ? quantile(microseconds, 0.5) : 0,
  p99: microseconds.length > 0 ? quantile(microseconds, 0.99) : 0,
  servers: client.side.servers,
  failed,
  ended,
  tenths: tenths.map((time, i) => (Math.ceil(order.count / 10) * 1000) / (time - (tenths[i - 1] ?? start))),
  processor: (user + system) / 1e6,
  again: again() - againBefore,
  damaged: total(({ link }) => link.damaged),
  missed: total(({ link }) => link.takeDrops()),
  spent,
};
console.log(JSON.stringify(result));
