/** The table that lb-list, ls-lb-list and lr-lb-list print. */
import type { LoadBalancer } from "../database/model.ts";
import { parseEndpoint } from "../network/virtual-service.ts";

/** Column widths are ovn-nbctl's: names are cut at 16 characters, protocols at 7. */
export function listBalancers(balancers: readonly LoadBalancer[]): string {
  if (balancers.length === 0) return "";
  const vipWidth = Math.max(...balancers.flatMap(({ vips }) => [...vips.keys()].map((vip) => vip.length)), 0);
  // Rows go by the name's column, and every balancer of the same 16 characters but the first is left out, as in ovn-nbctl.
  const byName = new Map<string, string>();
  for (const balancer of balancers) {
    const name = cell(balancer.name, 20, 16);
    const text = balancerRows(balancer, vipWidth);
    if (text !== "" && !byName.has(name)) byName.set(name, text);
  }
  const header = `${cell("UUID", 40, 36)}${cell("LB", 20, 16)}${cell("PROTO", 11, 7)}${cell("VIP", vipWidth + 4, vipWidth)}IPs\n`;
  const names = [...byName.keys()].sort();
  return names.length === 0 ? "" : header + names.map((name) => byName.get(name)).join("");
}

function balancerRows({ uuid, name, vips, protocol }: LoadBalancer, vipWidth: number): string {
  const rows: string[] = [];
  for (const [vip, backends] of vips) {
    const endpoint = parseEndpoint(vip);
    if (!endpoint) continue;
    const lead = rows.length === 0 ? `${uuid}    ${cell(name, 20, 16)}` : " ".repeat(60);
    const shown = endpoint.port === undefined ? "" : (protocol[0] ?? "");
    rows.push(`${lead}${cell(shown, 11, 7)}${cell(vip, vipWidth + 4, vipWidth)}${backends}\n`);
  }
  return rows.join("");
}

const cell = (text: string, width: number, most: number): string => text.slice(0, most).padEnd(width);
