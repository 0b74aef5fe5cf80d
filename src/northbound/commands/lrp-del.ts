import type { Command } from "./command.ts";
import { find, getRouterPort, routerOf } from "./lookup.ts";

export const lrpDel: Command = {
  name: "lrp-del",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  options: ["--if-exists"],
  run({ words, options, transaction }) {
    const port = options.has("--if-exists")
      ? find(transaction, "Logical_Router_Port", words[0])
      : getRouterPort(transaction, words[0]);
    if (!port) return;
    const owner = routerOf(transaction, port);
    transaction.update("Logical_Router", owner.uuid, { ports: owner.ports.filter((uuid) => uuid !== port.uuid) });
    transaction.remove("Logical_Router_Port", port.uuid);
  },
};
