import type { Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";

export const lspGetUp: Command = {
  name: "lsp-get-up",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    print(getSwitchPort(transaction, words[0]).up[0] === true ? "up\n" : "down\n");
  },
};
