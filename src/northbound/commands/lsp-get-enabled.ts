import type { Command } from "./command.ts";
import { getSwitchPort, isEnabled } from "./lookup.ts";

export const lspGetEnabled: Command = {
  name: "lsp-get-enabled",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    print(isEnabled(getSwitchPort(transaction, words[0])) ? "enabled\n" : "disabled\n");
  },
};
