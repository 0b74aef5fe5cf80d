/** bridge/dump-flows, bridge/reconnect. */

import { formatActions } from "../../slowpath/actions/list.ts";
import { formatMatch } from "../../slowpath/flow/match-format.ts";
import type { SwitchBridge } from "../../slowpath/switch.ts";
import { bridgeNamed, type UnixctlCommand } from "../command.ts";

const UNKNOWN = "Unknown bridge";

/** Every rule of a bridge. OVS adds those it hides from controllers, in table 254; there are none here. */
const dumpFlows: UnixctlCommand = {
  name: "bridge/dump-flows",
  usage: "[--offload-stats] bridge",
  minimum: 1,
  maximum: 2,
  run(daemon, words) {
    const bridge = bridgeNamed(daemon, words.at(-1)!, UNKNOWN);
    const offload = words.includes("--offload-stats") ? "n_offload_packets=0, n_offload_bytes=0, " : "";
    daemon.switch.revalidator.creditAll();
    const now = daemon.switch.now();
    return [...bridge.tables.rules()]
      .map(({ table, created, statistics, match, priority, actions }) => {
        const tableText = table === 0 ? "" : `table_id=${table}, `;
        const seconds = Math.floor((now - created) / 1000);
        const counts = `duration=${seconds}s, n_packets=${statistics.packets}, n_bytes=${statistics.bytes}, ${offload}`;
        const matched = `priority=${priority},${formatMatch(match)}`.replace(/,$/, "");
        return `${tableText}${counts}${matched},actions=${formatActions(actions)}\n`;
      })
      .join("");
  },
};

const reconnect: UnixctlCommand = {
  name: "bridge/reconnect",
  usage: "[bridge]",
  minimum: 0,
  maximum: 1,
  run(daemon, [name]) {
    const bridges: SwitchBridge[] = name === undefined ? daemon.bridges() : [bridgeNamed(daemon, name, UNKNOWN)];
    for (const bridge of bridges) daemon.reconnect?.(bridge);
    return "";
  },
};

export const bridgeCommands: readonly UnixctlCommand[] = [dumpFlows, reconnect];
