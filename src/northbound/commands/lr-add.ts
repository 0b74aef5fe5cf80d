import type { Command } from "./command.ts";
import { addNamed } from "./named-row.ts";

export const lrAdd: Command = {
  name: "lr-add",
  usage: "[ROUTER]",
  minimum: 0,
  maximum: 1,
  options: ["--may-exist", "--add-duplicate"],
  run: (invocation) => addNamed(invocation, "Logical_Router", "router"),
};
