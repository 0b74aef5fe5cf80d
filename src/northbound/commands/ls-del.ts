import type { Command } from "./command.ts";
import { removeNamed } from "./named-row.ts";

export const lsDel: Command = {
  name: "ls-del",
  usage: "SWITCH",
  minimum: 1,
  maximum: 1,
  options: ["--if-exists"],
  run: (invocation) => removeNamed(invocation, "Logical_Switch"),
};
