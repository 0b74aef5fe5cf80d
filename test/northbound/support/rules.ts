/**
 * Rules and groups brought to a form in which ours and ovn-controller's can be compared.
 *
 * What may differ: cookies, conntrack zone numbers (ovn-controller gives them out in hash order), group numbers, the order in which
 * a flood visits its ports, and the arguments of controller(userdata=…), which are each side's own.
 */

/** Match (with table and priority) → actions. */
export type Rules = Map<string, string>;

export function comparableRules(lines: readonly string[]): Rules {
  const rules: Rules = new Map();
  for (const line of lines) {
    const found = /^\s*(?:cookie=0x[0-9a-f]+, )?(?:table=(\d+), )?priority=(\d+)(?:,(\S+))? actions=(.*)$/.exec(line);
    if (!found) continue;
    const [, table = "0", priority, match = "", actions] = found;
    const words = match.split(",").sort().join(",");
    rules.set(`table=${table} priority=${priority} ${words}`, comparableActions(Number(table), words, actions));
  }
  return rules;
}

function comparableActions(table: number, match: string, actions: string): string {
  const text = actions
    .replaceAll(/set_field:0x[0-9a-f]+->reg1([123])/g, "set_field:ZONE->reg1$1")
    .replaceAll(/cookie=0x[0-9a-f]+/g, "cookie=COOKIE")
    .replaceAll(/group:\d+/g, "group:ID")
    .replaceAll(/userdata=00\.00\.00\.(..)[0-9a-f.]*/g, "userdata=$1")
    // A router's advertisement has an opcode of its own in OVN; here it is an argument.
    .replaceAll("userdata=0c", "userdata=03");
  if ((table !== 39 && table !== 40) || !match.includes("reg15=0x800")) return text;
  const visits = /(?:set_field:ZONE->reg13,)?set_field:0x[0-7]?[0-9a-f]{1,3}->reg15,resubmit\(,41\)/g;
  return [...(text.match(visits) ?? [])].sort().join(",");
}

/** Services with the same backends share a group there, and have one each here. */
export function comparableGroups(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trim())
    .filter((line) => line.startsWith("group_id="))
    .map((line) => line.replace(/^group_id=\d+/, "group_id=ID").replace(/selection_method_param=\d+,/, ""))
    .filter((line, i, lines) => lines.indexOf(line) === i)
    .sort();
}

/** What OVN has and we have not, on purpose. */
export function withoutFeaturesNotBuilt(lines: readonly string[]): Rules {
  const idle = idleMonitor(lines);
  const rules = comparableRules(lines);
  for (const [match, actions] of rules) {
    const healthCheck = idle !== undefined && match.includes(idle);
    const dhcpv6Client = actions.includes("userdata=13");
    // Solicitations for a route's gateway: here one rule, and the handler, do for all next hops.
    const gatewaySolicitation = match.startsWith("table=29 priority=200 ");
    if (healthCheck || dhcpv6Client || gatewaySolicitation) rules.delete(match);
  }
  return rules;
}

/** The service monitor's Ethernet address where nothing is watched: there OVN has its rules anyway. */
function idleMonitor(lines: readonly string[]): string | undefined {
  if (lines.some((line) => /table=27, priority=110,/.test(line))) return undefined;
  for (const line of lines) {
    const found = /table=12, priority=110,metadata=0x[0-9a-f]+,dl_dst=(\S+)/.exec(line);
    if (found) return found[1];
  }
  return undefined;
}

/** ovn-controller 23.03 checks neighbour discovery of secured ports for a hop limit of 225; RFC 4861 has 255. */
export const withHopLimit = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace("nw_ttl=225", "nw_ttl=255"));
