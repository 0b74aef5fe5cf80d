import { formatActions } from "../../slowpath/actions/list.ts";
import { formatMatch } from "../../slowpath/flow/match-format.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";

/** Every rule of a bridge, hidden ones included. */
export const bridgeDumpFlows: UnixctlCommand = {
  name: "bridge/dump-flows",
  usage: "[--offload-stats] bridge",
  minimum: 1,
  maximum: 2,
  run(daemon, words) {
    const bridge = daemon.bridges().find(({ name }) => name === words.at(-1));
    if (bridge === undefined) throw new UnixctlError("Unknown bridge");
    daemon.switch.revalidator.creditAll();
    const now = daemon.switch.now();
    const lines: string[] = [];
    for (const { table, created, statistics, match, priority, actions } of bridge.tables.rules()) {
      const seconds = Math.floor((now - created) / 1000);
      const { packets, bytes } = statistics;
      lines.push(
        `${table === 0 ? "" : `table_id=${table}, `}duration=${seconds}s, n_packets=${packets}, n_bytes=${bytes}, ` +
          `${formatMatch(match, priority)},actions=${formatActions(actions)}\n`,
      );
    }
    return lines.join("");
  },
};
