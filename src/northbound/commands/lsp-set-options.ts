import { ANY_NUMBER, type Command } from "./command.ts";
import { getSwitchPort } from "./lookup.ts";
import { parseSettings } from "./settings.ts";

export const lspSetOptions: Command = {
  name: "lsp-set-options",
  usage: "PORT KEY=VALUE [KEY=VALUE]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  run({ words, transaction }) {
    const port = getSwitchPort(transaction, words[0]);
    transaction.update("Logical_Switch_Port", port.uuid, { options: parseSettings(words.slice(1)) });
  },
};
