import type { LogicalRouter, LogicalRouterPort } from "../database/model.ts";
import { formatNetwork, parseNetwork } from "../network/ip.ts";
import { parseMac } from "../network/mac.ts";
import { setColumn } from "./columns.ts";
import { ANY_NUMBER, type Command, CommandError, type Invocation } from "./command.ts";
import { find, getRouter, routerOf } from "./lookup.ts";

export const lrpAdd: Command = {
  name: "lrp-add",
  usage: "ROUTER PORT MAC NETWORK... [COLUMN[:KEY]=VALUE]...",
  minimum: 4,
  maximum: ANY_NUMBER,
  options: ["--may-exist"],
  run(invocation) {
    const { words, options, transaction } = invocation;
    const [routerId, name, macText, ...rest] = words;
    const router = getRouter(transaction, routerId);
    const firstSetting = rest.findIndex((word) => word.includes("="));
    const networks = firstSetting < 0 ? rest : rest.slice(0, firstSetting);
    const settings = firstSetting < 0 ? [] : rest.slice(firstSetting);
    if (networks.length === 0) throw new CommandError(`${name}: router port requires specifying a network`);
    const mac = parseMac(macText);
    if (mac === undefined) throw new CommandError(`${name}: invalid mac address ${macText}`);

    const existing = find(transaction, "Logical_Router_Port", name);
    if (existing) {
      if (!options.has("--may-exist")) throw new CommandError(`${name}: a port with this name already exists`);
      return refuseDifference(invocation, router, existing, mac, networks, settings);
    }
    for (const network of networks) {
      if (!parseNetwork(network)) throw new CommandError(`${name}: invalid network address: ${network}`);
    }
    const port = transaction.insert("Logical_Router_Port", { name, mac: macText, networks });
    for (const setting of settings) setColumn(transaction, "Logical_Router_Port", port.uuid, setting);
    transaction.update("Logical_Router", router.uuid, { ports: [...router.ports, port.uuid] });
  },
};

/** --may-exist asks for this very port, not for any port of the name. */
function refuseDifference(
  { transaction }: Invocation,
  router: LogicalRouter,
  existing: LogicalRouterPort,
  mac: string,
  networks: readonly string[],
  settings: readonly string[],
): void {
  const { name } = existing;
  const owner = routerOf(transaction, existing);
  if (owner.uuid !== router.uuid) {
    throw new CommandError(`${name}: port already exists but in router ${owner.name || owner.uuid}`);
  }
  if (parseMac(existing.mac) !== mac) throw new CommandError(`${name}: port already exists with mac ${existing.mac}`);
  const wanted = canonicalNetworks(networks);
  if (!wanted) throw new CommandError(`${name}: Invalid networks configured`);
  if (wanted !== canonicalNetworks(existing.networks)) {
    throw new CommandError(`${name}: port already exists with different network`);
  }
  const peer = settings.find((setting) => setting.startsWith("peer="))?.slice("peer=".length);
  if (peer !== existing.peer[0]) throw new CommandError(`${name}: port already exists with mismatching peer`);
}

/** Only the networks count, not the addresses in them: so ovn-nbctl compares. */
function canonicalNetworks(texts: readonly string[]): string | undefined {
  const networks = texts.map(parseNetwork);
  if (networks.some((network) => network === undefined)) return undefined;
  return [...new Set(networks.map((network) => formatNetwork(network!)))].sort().join();
}
