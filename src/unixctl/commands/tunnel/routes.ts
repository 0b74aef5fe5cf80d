/** ovs/route/*: which way tunnel packets leave the host. */
import { parseAddress } from "../../../slowpath/flow/address-text.ts";
import { type UnixctlCommand, UnixctlError } from "../../command.ts";
import { settingsOf } from "../../settings.ts";
import type { TunnelRoute } from "../../vswitchd.ts";

function routeText({ origin, prefix, device, source, gateway, mark, local }: TunnelRoute): string {
  const parts = [
    `${origin}: ${prefix}`,
    mark ? ` MARK ${mark}` : "",
    ` dev ${device}`,
    gateway === undefined ? "" : ` GW ${gateway}`,
    source === undefined ? "" : ` SRC ${source}`,
    local ? " local" : "",
  ];
  return `${parts.join("")}\n`;
}

const show: UnixctlCommand = {
  name: "ovs/route/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run: (daemon) => `Route Table:\n${[...settingsOf(daemon).tunnels.routes()].map(routeText).join("")}`,
};

const lookup: UnixctlCommand = {
  name: "ovs/route/lookup",
  usage: "ip_addr [pkt_mark=mark]",
  minimum: 1,
  maximum: 2,
  run(daemon, [address, markText]) {
    if (!isPrefix(address)) throw new UnixctlError("Invalid parameters");
    const route = settingsOf(daemon).tunnels.lookup(address.replace(/\/.*/, ""), markOf(markText) ?? 0);
    if (route === undefined) throw new UnixctlError("Not found");
    const { source = "0.0.0.0", gateway, device } = route;
    return [`src ${source}`, `gateway ${gateway ?? (address.includes(":") ? "::" : "0.0.0.0")}`, `dev ${device}`].join(
      "\n",
    );
  },
};

const add: UnixctlCommand = {
  name: "ovs/route/add",
  usage: "ip_addr/prefix_len out_br_name [gw] [pkt_mark=mark]",
  minimum: 2,
  maximum: 4,
  run(daemon, [prefix, device, ...options]) {
    if (!isPrefix(prefix)) throw new UnixctlError("Invalid parameters");
    let gateway: string | undefined;
    let mark = 0;
    for (const option of options) {
      const given = markOf(option);
      if (given !== undefined) mark = given;
      else if (isPrefix(option) && !option.includes("/")) gateway = option;
      else throw new UnixctlError("Invalid pkt_mark or gateway");
    }
    const done = settingsOf(daemon).tunnels.addRoute(prefix, device, gateway, mark);
    if (!done) throw new UnixctlError("Error while inserting route.");
    return "OK";
  },
};

const del: UnixctlCommand = {
  name: "ovs/route/del",
  usage: "ip_addr/prefix_len [pkt_mark=mark]",
  minimum: 1,
  maximum: 2,
  run(daemon, [prefix, markText]) {
    if (!isPrefix(prefix)) throw new UnixctlError("Invalid parameters");
    if (!settingsOf(daemon).tunnels.deleteRoute(prefix, markOf(markText) ?? 0)) throw new UnixctlError("Not found");
    return "OK";
  },
};

export const routeCommands: readonly UnixctlCommand[] = [show, lookup, add, del];

function isPrefix(text: string): boolean {
  return parseAddress(text, 4) !== undefined || parseAddress(text, 16) !== undefined;
}

/** "pkt_mark=5" */
function markOf(text: string | undefined): number | undefined {
  const found = /^pkt_mark=(0x[0-9a-f]+|\d+)/i.exec(text ?? "");
  return found === null ? undefined : Number(found[1]);
}
