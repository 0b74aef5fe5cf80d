import { ANY_NUMBER, type Command } from "./command.ts";
import { getRouterPort } from "./lookup.ts";
import { parseSettings } from "./settings.ts";

export const lrpSetOptions: Command = {
  name: "lrp-set-options",
  usage: "PORT KEY=VALUE [KEY=VALUE]...",
  minimum: 1,
  maximum: ANY_NUMBER,
  run({ words, transaction }) {
    const port = getRouterPort(transaction, words[0]);
    transaction.update("Logical_Router_Port", port.uuid, { options: parseSettings(words.slice(1)) });
  },
};
