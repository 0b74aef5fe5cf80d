/** Rules for the packets of health checks: past the connection tracker, and to src/northbound/health when they are answers. */
import { OPCODE, punt } from "../../packet-actions/userdata.ts";
import { ARP_REQUEST, NEIGHBOR_SOLICITATION } from "../match.ts";
import type { AddRule } from "../stage.ts";
import type { ServiceMonitoring, Switch } from "../topology.ts";
import { advertisement, arpReply } from "./address-answers.ts";

/** "to it" on the way in, "from it" on the way out. */
export type Direction = "to it" | "from it";

const match = (mac: string, direction: Direction): string => `${direction === "to it" ? "dl_dst" : "dl_src"}=${mac}`;

/** In the stages before the tracker: it would find the monitor's short connections out of order. */
export function passServiceMonitor(add: AddRule, { mac }: ServiceMonitoring, direction: Direction, next: string): void {
  if (mac !== undefined) add(110, [match(mac, direction)], next);
}

/** In the stages of access lists, where OVN has it below what the tracker found invalid. */
export function admitServiceMonitor(
  add: AddRule,
  { mac }: ServiceMonitoring,
  direction: Direction,
  next: string,
): void {
  if (mac !== undefined) add(34000, [match(mac, direction)], next);
}

/** Backends ask who has the address that they were asked from. */
export function answerForServiceMonitor(add: AddRule, { monitor: { mac, sources } }: Switch, output: string): void {
  if (mac === undefined) return;
  for (const address of sources) {
    const request =
      address.family === 4
        ? `${ARP_REQUEST},arp_tpa=${address.text}`
        : `${NEIGHBOR_SOLICITATION},nd_target=${address.text}`;
    add(
      110,
      [request],
      address.family === 4 ? arpReply(mac, address, output) : advertisement(mac, address, false, output),
    );
  }
}

export function takeAnswers(add: AddRule, { mac }: ServiceMonitoring): void {
  if (mac !== undefined) add(110, [["tcp", "tcp6", "icmp", "icmp6"], `dl_dst=${mac}`], punt(OPCODE.serviceCheck));
}
