import type { Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";

export const lspGetOptions: Command = {
  name: "lsp-get-options",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    const { options } = getSwitchPort(transaction, words[0]);
    print([...options].map(([key, value]) => `${key}=${value}\n`).join(""));
  },
};
