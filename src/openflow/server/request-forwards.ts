/** Changes of groups and meters, told to the other connections that want to hear of them. */
import type { GroupMod, MeterMod } from "../../slowpath/tables/modification.ts";
import type { Message } from "../messages/list.ts";
import { forwardReasons } from "../messages/request-forward.ts";
import { OF13 } from "../wire/version.ts";
import { wants } from "./async-masks.ts";
import type { BridgeAgent, ChangeOrigin } from "./bridge-agent.ts";

export function forwardRequest(agent: BridgeAgent, mod: GroupMod | MeterMod, origin: ChangeOrigin): void {
  const message: Message = mod.kind === "group" ? { type: "group_mod", mod } : { type: "meter_mod", mod };
  const reason = forwardReasons.indexOf(message.type);
  for (const session of agent.sessions) {
    const { version } = session;
    if (session === origin.session || version === undefined || !agent.hears(session)) continue;
    if (mod.kind === "meter" && version < OF13) continue;
    if (!wants(session.masks, session.role, "requestForward", reason)) continue;
    session.sendAsync({ type: "request_forward", request: { version, xid: origin.xid, message } });
  }
}
