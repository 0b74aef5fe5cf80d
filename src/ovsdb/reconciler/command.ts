/** Who says what a bridge forwards. */
import type { BridgeConfiguration } from "./configuration.ts";

/** Controllers; the switch, which learns addresses; or nobody but who adds rules by hand. */
export type Command = "controllers" | "standalone" | "nobody";

export function commandOf({ row, controllers }: Pick<BridgeConfiguration, "row" | "controllers">): Command {
  // Who calls at a passive target is no authority, unless the row says so.
  const isPrimary = controllers.some(
    ({ type, target }) => (type ?? (isPassive(target) ? "service" : "primary")) === "primary",
  );
  if (isPrimary) return "controllers";
  return row.fail_mode === "secure" ? "nobody" : "standalone";
}

function isPassive(target: string): boolean {
  return /^p(tcp|ssl|unix):/.test(target);
}
