import type { Command } from "./command.ts";
import { getRouterPort, parseEnabled } from "./lookup.ts";

export const lrpSetEnabled: Command = {
  name: "lrp-set-enabled",
  usage: "PORT STATE",
  minimum: 2,
  maximum: 2,
  run({ words, transaction }) {
    const port = getRouterPort(transaction, words[0]);
    transaction.update("Logical_Router_Port", port.uuid, { enabled: [parseEnabled(words[1])] });
  },
};
