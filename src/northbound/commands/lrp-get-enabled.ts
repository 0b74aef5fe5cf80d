import type { Command } from "./command.ts";
import { getRouterPort, isEnabled } from "./lookup.ts";

export const lrpGetEnabled: Command = {
  name: "lrp-get-enabled",
  usage: "PORT",
  minimum: 1,
  maximum: 1,
  run({ words, transaction, print }) {
    print(isEnabled(getRouterPort(transaction, words[0])) ? "enabled\n" : "disabled\n");
  },
};
