/** A bridge's OpenFlow sockets, as the reconciler wants them: its Controller rows and protocols in, its connections' state out. */
import { type ControllerOptions, OpenFlowServer } from "../../openflow/server.ts";
import { isVersion, type Version } from "../../openflow/wire/version.ts";
import type { Datum } from "../../ovsdb/datum.ts";
import type { OpenBridge } from "../../ovsdb/reconciler/bridge-service.ts";
import type { Switch } from "../../slowpath/switch.ts";
import type { Vlog } from "../../vlog/vlog.ts";
import { switchLog } from "./log.ts";

export function openBridge(owner: Switch, directory: string, vlog: Vlog): OpenBridge {
  const logger = vlog.logger("connmgr");
  return async ({ name: bridgeName }) => {
    const server = new OpenFlowServer({ switch: owner, bridgeName, directory, log: switchLog(logger) });
    await server.ready;
    let complaints: ReadonlyMap<string, string> = new Map();
    return {
      configure({ row, controllers }) {
        server.setVersions(versionsOf(row.protocols));
        complaints = server.setControllers(controllers.map(controllerOptions));
        for (const [target, sentence] of complaints) logger.warn(`${bridgeName}: controller ${target}: ${sentence}`);
      },
      controllerStatus: (target) => statusOf(server, target, complaints.get(target)),
      close: () => server.close(),
    };
  };
}

/** "OpenFlow13" and the like; none: all. */
function versionsOf(protocols: ReadonlySet<string>): readonly Version[] | undefined {
  if (protocols.size === 0) return undefined;
  return [...protocols].map((name) => Number(name.replace("OpenFlow1", "")) + 1).filter(isVersion);
}

interface ControllerRow {
  readonly target: string;
  readonly inactivity_probe?: number;
  readonly max_backoff?: number;
}

function controllerOptions({
  target,
  inactivity_probe: probeInterval,
  max_backoff: maxBackoff,
}: ControllerRow): ControllerOptions {
  return { target, probeInterval, maxBackoff };
}

/** Columns of the Controller row. */
function statusOf(
  server: OpenFlowServer,
  target: string,
  complaint: string | undefined,
): Readonly<Record<string, Datum>> | undefined {
  const found = server.controllerStatus(target);
  if (!found)
    return complaint === undefined ? undefined : { is_connected: false, status: new Map([["last_error", complaint]]) };
  const status = new Map<string, string>([["state", found.state]]);
  if (found.lastError !== undefined) status.set("last_error", found.lastError);
  if (found.secondsSinceConnect !== undefined) status.set("sec_since_connect", String(found.secondsSinceConnect));
  if (found.secondsSinceDisconnect !== undefined) {
    status.set("sec_since_disconnect", String(found.secondsSinceDisconnect));
  }
  return { is_connected: found.connected, status };
}
