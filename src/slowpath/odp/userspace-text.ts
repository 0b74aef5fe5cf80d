/**
 * What: userspace actions in text. OVS prints what its cookie holds; ours has an argument and a rule's cookie, which stand where
 *   OVS has the recirculation id and the rule's cookie.
 */
import type { DatapathAction } from "../../fastpath/datapath-action.ts";
import { DatapathTextError, hex, integer, items } from "./scan.ts";

type UserspaceAction = Extract<DatapathAction, { type: "userspace" }>;

export function formatUserspace({ reason, argument, cookie }: UserspaceAction): string {
  if (reason === "slow_path") return "userspace(pid=0,slow_path(action))";
  return (
    "userspace(pid=0,controller(reason=1,dont_send=0,continuation=0," +
    `recirc_id=${argument},rule_cookie=${hex(cookie)},controller_id=0,max_len=65535))`
  );
}

/** @throws DatapathTextError */
export function parseUserspace(text: string): UserspaceAction {
  for (const { name, inside } of items(text)) {
    if (name === "slow_path") return { type: "userspace", reason: "slow_path", argument: 0, cookie: 0n };
    if (name !== "controller") continue;
    const parts = new Map(items(inside ?? "").map((part) => [part.name, part.value]));
    return {
      type: "userspace",
      reason: "action",
      argument: integer(parts.get("recirc_id"), "recirc_id"),
      cookie: BigInt(parts.get("rule_cookie") ?? 0),
    };
  }
  throw new DatapathTextError(`userspace(${text}): slow_path or controller expected`);
}
