import type { UnixctlCommand } from "../command.ts";

export const exit: UnixctlCommand = {
  name: "exit",
  usage: "[--cleanup]",
  minimum: 0,
  maximum: 1,
  run(daemon, [option]) {
    daemon.exit(option === "--cleanup");
    return "";
  },
};
