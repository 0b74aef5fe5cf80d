import type { Command } from "./command.ts";
import { getSwitch, namedRows } from "./lookup.ts";

export const lspList: Command = {
  name: "lsp-list",
  usage: "SWITCH",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    const { ports } = getSwitch(transaction, words[0]);
    print(namedRows(ports.map((uuid) => transaction.row("Logical_Switch_Port", uuid)!)));
  },
};
