/** The switch's own log, in the form and with the names that people grep ovs-vswitchd.log for. */
import type { SwitchLog } from "../../slowpath/switch.ts";
import type { Logger } from "../../vlog/vlog.ts";

/**
 * Ports are told about by the bridges' reconciler; here the switch's own view is detail. A lost device is no warning: whoever
 * took it away knows, and the Interface row says so.
 */
export function switchLog({ dbg, info, err }: Logger): SwitchLog {
  return {
    info: (fields, message) => dbg(line(fields, message)),
    warn: (fields, message) => info(line(fields, message)),
    error: (fields, message) => err(line(fields, message)),
  };
}

function line(fields: object, message: string): string {
  const texts = Object.entries(fields).map(([name, value]) =>
    value instanceof Error ? (value.stack ?? value.message) : `${name}=${value}`,
  );
  return texts.length === 0 ? message : `${message} (${texts.join(", ")})`;
}
