import { attach } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lsLbAdd: Command = {
  name: "ls-lb-add",
  usage: "SWITCH LB",
  minimum: 2,
  maximum: 2,
  options: ["--may-exist"],
  run: (invocation) => attach(invocation, "Logical_Switch"),
};
