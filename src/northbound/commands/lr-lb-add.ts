import { attach } from "./balancer-attachment.ts";
import type { Command } from "./command.ts";

export const lrLbAdd: Command = {
  name: "lr-lb-add",
  usage: "ROUTER LB",
  minimum: 2,
  maximum: 2,
  options: ["--may-exist"],
  run: (invocation) => attach(invocation, "Logical_Router"),
};
