import type { Command } from "./command.ts";
import { addNamed } from "./named-row.ts";

export const lsAdd: Command = {
  name: "ls-add",
  usage: "[SWITCH]",
  minimum: 0,
  maximum: 1,
  options: ["--may-exist", "--add-duplicate"],
  run: (invocation) => addNamed(invocation, "Logical_Switch", "switch"),
};
