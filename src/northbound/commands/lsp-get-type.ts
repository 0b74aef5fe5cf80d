import type { Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";

export const lspGetType: Command = {
  name: "lsp-get-type",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run: ({ words, transaction, print }) => print(`${getSwitchPort(transaction, words[0]).type}\n`),
};
