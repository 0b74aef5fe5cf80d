import type { Command } from "./command.ts";
import { getSwitchPort, namedRows, switchOf } from "./lookup.ts";

export const lspGetLs: Command = {
  name: "lsp-get-ls",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    print(namedRows([switchOf(transaction, getSwitchPort(transaction, words[0]))]));
  },
};
