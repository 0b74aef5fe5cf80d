import { detach } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lsLbDel: Command = {
  name: "ls-lb-del",
  usage: "SWITCH [LB]",
  minimum: 1,
  maximum: 2,
  options: ["--if-exists"],
  run: (invocation) => detach(invocation, "Logical_Switch"),
};
