import { join, resubmit } from "../actions.ts";
import { vipsReachableBy } from "../balancing.ts";
import { ARP_REQUEST, MULTICAST, NEIGHBOR_SOLICITATION } from "../match.ts";
import { FLOOD, FLOOD_STATIONS } from "../multicast-groups.ts";
import { FLAG, matchFlag, setOutPort } from "../registers.ts";
import type { AddRule, Stage } from "../stage.ts";
import { STATION_BINDING } from "../tables.ts";
import type { Switch, SwitchPort } from "../topology.ts";
import { routerPortsOf } from "./router-ports.ts";
import { takeAnswers } from "./service-monitor.ts";

/** To which port. */
export const lsInL2Lkup: Stage<Switch> = {
  name: "ls_in_l2_lkup",
  rules(add, logicalSwitch, { next, output }) {
    takeAnswers(add, logicalSwitch.monitor);
    for (const port of routerPortsOf(logicalSwitch)) steerRequests(add, logicalSwitch, port, output);
    add(70, [MULTICAST], join(setOutPort(FLOOD), output));
    for (const port of logicalSwitch.ports) {
      for (const mac of port.macs) {
        add(50, [`dl_dst=${mac}`], port.enabled ? join(setOutPort(port.key), output) : "drop");
      }
    }
    add(0, [], join("set_field:0->reg15", resubmit(STATION_BINDING), next));
  },
};

/**
 * Requests for a router's addresses go to that router, and to the stations, not to every router on the switch. Requests of
 * routers go to the stations only: other routers know each other.
 */
function steerRequests(add: AddRule, { ports, ...owner }: Switch, port: SwitchPort, output: string): void {
  const { peer } = port;
  if (peer?.kind !== "router port" || !peer.enabled) return;
  const hasStations = ports.length > routerPortsOf({ ports, ...owner }).length;
  const toRouter = join(setOutPort(port.key), output);
  const toStations = join(setOutPort(FLOOD_STATIONS), output);
  const steer = hasStations ? join(`clone(${toRouter})`, toStations) : toRouter;
  const addresses = [...vipsReachableBy(peer), ...peer.networks.map(({ address }) => address)];
  for (const { family, text } of addresses) {
    const match = family === 4 ? `${ARP_REQUEST},arp_tpa=${text}` : `${NEIGHBOR_SOLICITATION},nd_target=${text}`;
    add(80, [matchFlag(FLAG.fromRamp, 0), match], steer);
  }
  if (hasStations) {
    add(75, [[ARP_REQUEST, "rarp,arp_op=3", NEIGHBOR_SOLICITATION], `dl_src=${peer.mac}`], toStations);
  }
}
