import type { Command } from "./command.ts";
import { getSwitchPort, parseEnabled } from "./lookup.ts";

export const lspSetEnabled: Command = {
  name: "lsp-set-enabled",
  usage: "PORT STATE",
  minimum: 2,
  maximum: 2,
  run({ words, transaction }) {
    const port = getSwitchPort(transaction, words[0]);
    transaction.update("Logical_Switch_Port", port.uuid, { enabled: [parseEnabled(words[1])] });
  },
};
