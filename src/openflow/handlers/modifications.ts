/** Requests that change rules, groups and meters, one at a time. Bundles are in bundles.ts. */
import { METER_CONTROLLER } from "../../slowpath/tables/meters.ts";
import type { FlowMod, Modification } from "../../slowpath/tables/modification.ts";
import { NO_BUFFER } from "../messages/flow-mod.ts";
import { forwardRequest } from "../server/request-forwards.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type MessageOf, type Request, refuseSecondary } from "./handler.ts";
import { VISIBLE_TABLES } from "./tables.ts";

/** The last table is the switch's own: controllers add nothing to it, and change nothing in it. */
export function refuseInternalTable({ command, table }: FlowMod): void {
  if (table !== VISIBLE_TABLES || command.startsWith("delete")) return;
  throw new OpenFlowError("OFPBRC_EPERM", `table ${table} is the switch's own`);
}

function apply(request: Request, modification: Modification): void {
  refuseSecondary(request);
  const { agent, session, envelope } = request;
  agent.apply([modification], { session, xid: envelope.xid });
}

export function flowMod(request: Request<MessageOf<"flow_mod" | "nx_flow_mod">>): void {
  const { message } = request;
  refuseInternalTable(message.mod);
  apply(request, message.mod);
  if (message.buffer !== NO_BUFFER && !message.mod.command.startsWith("delete")) {
    throw new OpenFlowError("OFPBRC_BUFFER_UNKNOWN", `buffer ${message.buffer}`);
  }
}

export function groupMod(request: Request<MessageOf<"group_mod">>): void {
  const { mod } = request.message;
  apply(request, mod);
  forwardRequest(request.agent, mod, { session: request.session, xid: request.envelope.xid });
}

export function meterMod(request: Request<MessageOf<"meter_mod">>): void {
  const { mod } = request.message;
  if (mod.id === "all" && mod.command !== "delete") throw new OpenFlowError("OFPMMFC_INVALID_METER", "all meters");
  if (mod.id !== "all" && mod.id > METER_CONTROLLER)
    throw new OpenFlowError("OFPMMFC_INVALID_METER", `meter ${mod.id}`);
  apply(request, mod);
  forwardRequest(request.agent, mod, { session: request.session, xid: request.envelope.xid });
}
