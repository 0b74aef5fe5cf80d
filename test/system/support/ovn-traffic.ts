/** Traffic that goes on in a lab of OVN while something is done to it: connections that never rest, and curls. */
import type { OvnLab } from "../../../src/lab/ovn/ovn-lab.ts";
import { CLIENT, SERVERS, VIP } from "../../../src/lab/topology.ts";
import { serve } from "./with-hosts.ts";

const ECHO_PORT = 7000;
const HEARTBEAT = "tcp-heartbeat.ts";

/** What a connection lived through. */
export interface Heartbeat {
  readonly beats: number;
  /** Milliseconds without an answer, at the worst. */
  readonly longest: number;
  readonly fault?: string;
}

export interface Traffic {
  /** By the load balancer. */
  readonly balanced: Heartbeat;
  /** Straight to a server. */
  readonly straight: Heartbeat;
  readonly curls: {
    readonly answered: number;
    /** Milliseconds between two that were answered, at the worst. */
    readonly longest: number;
    readonly faults: readonly string[];
  };
}

/** A balancer for the connections that never rest, and a server of them in each server's namespace. */
export async function prepareTraffic(lab: OvnLab): Promise<void> {
  const backends = SERVERS.map(({ address }) => `${address}:${ECHO_PORT}`);
  await lab.central.nbctl("lb-add", "lb1", `${VIP}:${ECHO_PORT}`, backends.join(","), "tcp");
  for (const { name } of SERVERS) {
    await lab.start(name, new URL(HEARTBEAT, import.meta.url).pathname, ["echo", String(ECHO_PORT)]);
  }
  await lab.central.synchronise();
  await lab.curls(2);
}

export async function withTraffic(lab: OvnLab, disturb: () => Promise<unknown>): Promise<Traffic> {
  const namespace = lab.namespace(CLIENT.name);
  const beat = (address: string) => serve({ namespace }, HEARTBEAT, "beat", address, ECHO_PORT);
  const connections = await Promise.all([beat(VIP), beat(SERVERS[0].address)]);
  const stopped = new AbortController();
  const curls = curlOn(lab, stopped.signal);
  await disturb();
  stopped.abort();
  for (const connection of connections) await connection.stop();
  const [balanced, straight] = (await Promise.all(connections.map(({ output }) => output))).map(
    (line) => JSON.parse(line) as Heartbeat,
  );
  return { balanced, straight, curls: await curls };
}

/** One after the other; a first segment that is lost is sent again by the kernel, after a second. */
async function curlOn(lab: OvnLab, stopped: AbortSignal): Promise<Traffic["curls"]> {
  let answered = 0;
  let longest = 0;
  const faults: string[] = [];
  for (let last = performance.now(); !stopped.aborted; ) {
    const { error } = await lab.curl({ timeout: 5 });
    if (error !== undefined) {
      faults.push(error);
      continue;
    }
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    answered++;
  }
  return { answered, longest: Math.round(longest), faults };
}
