import { detach } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lrLbDel: Command = {
  name: "lr-lb-del",
  usage: "ROUTER [LB]",
  minimum: 1,
  maximum: 2,
  options: ["--if-exists"],
  run: (invocation) => detach(invocation, "Logical_Router"),
};
