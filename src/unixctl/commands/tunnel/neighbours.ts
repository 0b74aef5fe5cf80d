/** tnl/neigh/*, also by their old names tnl/arp/*: whom the next hops of tunnels are known by. */
import { parseIpv4, parseIpv6, parseMac } from "../../../slowpath/flow/address-text.ts";
import { type UnixctlCommand, UnixctlError } from "../../command.ts";
import { settingsOf } from "../../settings.ts";
import type { Vswitchd } from "../../vswitchd.ts";

const RULER = "=".repeat(74);
/** Seconds; the kernel keeps its neighbours in its own time. */
const LONGEST_AGING = 3600;

function show(daemon: Vswitchd): string {
  const lines = [...settingsOf(daemon).tunnels.neighbours()].map(
    ({ address, mac, bridge }) => `${address.padEnd(44)}  ${mac.padEnd(18)}  ${bridge}\n`,
  );
  return `${"IP".padEnd(44)}  ${"MAC".padEnd(18)}  Bridge\n${RULER}\n${lines.join("")}`;
}

function set(daemon: Vswitchd, [bridge, address, mac]: readonly string[]): string {
  if (parseIpv4(address) === undefined && parseIpv6(address) === undefined) throw new UnixctlError("bad IP address");
  if (parseMac(mac) === undefined) throw new UnixctlError("bad MAC address");
  settingsOf(daemon).tunnels.setNeighbour(bridge, address, mac);
  return "OK";
}

function flush(daemon: Vswitchd): string {
  settingsOf(daemon).tunnels.flushNeighbours();
  return "OK";
}

function aging(daemon: Vswitchd, [text]: readonly string[]): string {
  const settings = settingsOf(daemon);
  if (text === undefined) return String(settings.neighbourAging);
  const seconds = /^\d+/.test(text) ? Number.parseInt(text, 10) : 0;
  if (seconds < 1 || seconds > LONGEST_AGING) throw new UnixctlError("bad aging value");
  settings.neighbourAging = seconds;
  return "OK";
}

export const neighbourCommands: readonly UnixctlCommand[] = ["tnl/arp", "tnl/neigh"].flatMap((prefix) => [
  { name: `${prefix}/show`, usage: "", minimum: 0, maximum: 0, run: show },
  { name: `${prefix}/set`, usage: "BRIDGE IP MAC", minimum: 3, maximum: 3, run: set },
  { name: `${prefix}/flush`, usage: "", minimum: 0, maximum: 0, run: flush },
  { name: `${prefix}/aging`, usage: "[SECS]", minimum: 0, maximum: 1, run: aging },
]);
