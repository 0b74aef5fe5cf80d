/** New connections without the hosts' stacks: crafted frames (../traffic/crafted), the hosts deaf meanwhile. */
import { VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { check } from "../bench.ts";
import { withDeafHosts } from "../contestants/deaf-hosts.ts";
import type { PlacedHost } from "../contestants/network.ts";
import type { Crafted, CraftedHost, GeneratorOrder } from "../traffic/crafted/generator.ts";
import { runOnOtherCore } from "../traffic/programs.ts";
import type { BalancerContestant } from "./contestants.ts";
import { checkOpened } from "./opened.ts";

export interface CraftedRun {
  readonly count: number;
  readonly warmUp: number;
  readonly inFlight: number;
  /** Of the client, in turn. */
  readonly ports: number;
}

/** @throws CheckFailed when a connection fails, a frame comes damaged, or the servers' shares are not what a hash of the ports gives. */
export async function openCrafted(contestant: BalancerContestant, run: CraftedRun): Promise<Crafted> {
  const { client, servers, pid } = contestant;
  const placed = async (host: PlacedHost, target: string): Promise<CraftedHost> => ({
    namespace: host.namespace,
    device: host.port,
    address: host.address,
    nextHop: await contestant.nextHop(host, target),
  });
  const order: GeneratorOrder = {
    ...run,
    client: await placed(client, VIP),
    servers: await Promise.all(servers.map((host) => placed(host, client.address))),
    address: VIP,
    port: WEB_PORT,
    pid,
  };
  const report = await withDeafHosts(contestant.hosts, () =>
    runOnOtherCore<Crafted>("crafted/generator.ts", JSON.stringify(order)),
  );
  const { damaged, missed } = report;
  check(missed === 0, `the generator's own rings had no room for ${missed} frames`);
  check(damaged === 0, `${damaged} frames came with a wrong checksum`);
  checkOpened(contestant, report, run.count, run.ports);
  return report;
}
