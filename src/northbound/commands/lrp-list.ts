import type { Command } from "./command.ts";
import { getRouter, namedRows } from "./lookup.ts";

export const lrpList: Command = {
  name: "lrp-list",
  usage: "ROUTER",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    const { ports } = getRouter(transaction, words[0]);
    print(namedRows(ports.map((uuid) => transaction.row("Logical_Router_Port", uuid)!)));
  },
};
