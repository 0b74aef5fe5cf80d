import type { Command } from "./command.ts";

/** Every call returns with its rules already handed to the switch, so there is nothing to wait for. */
export const sync: Command = { name: "sync", usage: "", minimum: 0, maximum: 0, run() {} };
