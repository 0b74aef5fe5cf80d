/**
 * Tables 66, 67, 71 and 72: what was learned from packets, as rules.
 *
 * Cost: a few rules an entry, made when it is learned; the compiled program is not touched, nor the other entries.
 */
import type { LearnedAddresses, LearnedNeighbor } from "../../packet-actions/learned-addresses.ts";
import { FLAG, hex, inPort, matchWord, matchWords, outPort, setFlag, setOutPort } from "../registers.ts";
import type { RuleSet } from "../rules.ts";
import { NEIGHBOR_BINDING, NEIGHBOR_LOOKUP, STATION_BINDING, STATION_LOOKUP } from "../tables.ts";
import type { RouterPort, SwitchPort, Topology } from "../topology.ts";

export function learnedRules(rules: RuleSet, { switches, routers }: Topology, learned: LearnedAddresses): void {
  for (const port of routers.flatMap(({ ports }) => ports)) {
    for (const neighbor of learned.neighborsOf(port.uuid)) neighborRules(rules, port, neighbor);
  }
  for (const port of switches.flatMap(({ ports }) => ports)) {
    for (const mac of learned.stationsOf(port.uuid)) stationRules(rules, port, mac);
  }
}

export function neighborRules(rules: RuleSet, port: RouterPort, { address, mac }: LearnedNeighbor): void {
  const metadata = `metadata=${hex(port.owner.key)}`;
  const ip = address.family === 4 ? matchWord(0, address.value) : matchWords(0, address.value);
  const known = setFlag(FLAG.neighborKnown);
  rules.add(NEIGHBOR_BINDING, 100, [metadata, ip, outPort(port.key)], `set_field:${mac}->eth_dst,${known}`);
  const packet = address.family === 4 ? "arp" : "icmp6,icmp_code=0";
  rules.add(NEIGHBOR_LOOKUP, 100, [packet, metadata, ip, inPort(port.key), `dl_src=${mac}`], known);
}

export function stationRules(rules: RuleSet, port: SwitchPort, mac: string): void {
  const metadata = `metadata=${hex(port.owner.key)}`;
  rules.add(STATION_BINDING, 100, [metadata, `dl_dst=${mac}`], setOutPort(port.key));
  rules.add(STATION_LOOKUP, 100, [metadata, inPort(port.key), `dl_src=${mac}`], setFlag(FLAG.stationKnown));
}
