import type { Command } from "./command.ts";
import { removeNamed } from "./named-row.ts";

export const lrDel: Command = {
  name: "lr-del",
  usage: "ROUTER",
  minimum: 1,
  maximum: 1,
  options: ["--if-exists"],
  run: (invocation) => removeNamed(invocation, "Logical_Router"),
};
