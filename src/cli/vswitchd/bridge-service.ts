/** A bridge's OpenFlow sockets and controllers, as the reconciler wants them. */
import { OpenFlowServer } from "../../openflow/server.ts";
import { type Version, versions } from "../../openflow/wire/version.ts";
import type { Datum } from "../../ovsdb/datum.ts";
import type { BridgeService, OpenBridge } from "../../ovsdb/reconciler/bridge-service.ts";
import type { BridgeConfiguration } from "../../ovsdb/reconciler/configuration.ts";
import type { Switch, SwitchBridge } from "../../slowpath/switch.ts";
import type { Vlog } from "../../vlog/vlog.ts";
import { confinement } from "./confinement.ts";
import { selectGroupLines } from "./group-log.ts";
import { switchLog } from "./log.ts";

/** Columns of a Controller row. */
type ControllerColumns = Readonly<Record<string, Datum>>;

/** OVSDB's words for OpenFlow's roles. */
const roles: Readonly<Record<string, string>> = { primary: "master", secondary: "slave", equal: "other" };

class OpenFlowService implements BridgeService {
  readonly server: OpenFlowServer;
  readonly #complain: (text: string) => void;
  readonly #refuses: (target: string) => boolean;

  constructor(server: OpenFlowServer, complain: (text: string) => void, refuses: (target: string) => boolean) {
    this.server = server;
    this.#complain = complain;
    this.#refuses = refuses;
  }

  configure({ row, controllers }: BridgeConfiguration): void {
    this.server.setVersions(row.protocols.size === 0 ? undefined : versionsNamed(row.protocols));
    const wanted = controllers
      .filter(({ target }) => !this.#refuses(target))
      .map(({ target, inactivity_probe, max_backoff }) => ({
        target,
        probeInterval: inactivity_probe,
        maxBackoff: max_backoff,
      }));
    for (const [target, what] of this.server.setControllers(wanted)) this.#complain(`${target}: ${what}`);
  }

  controllerStatus(target: string): ControllerColumns | undefined {
    const status = this.server.controllerStatus(target);
    if (status === undefined) return undefined;
    const { connected, state, secondsSinceConnect, secondsSinceDisconnect, lastError, session } = status;
    const texts: [string, string | number | undefined][] = [
      ["state", state],
      ["last_error", lastError],
      ["sec_since_connect", secondsSinceConnect],
      ["sec_since_disconnect", secondsSinceDisconnect],
    ];
    return {
      is_connected: connected,
      role: session === undefined ? undefined : roles[session.role],
      status: new Map(texts.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)])),
    };
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** "OpenFlow10" is version 1 on the wire. */
function versionsNamed(names: ReadonlySet<string>): Version[] {
  return versions.filter((version) => names.has(`OpenFlow1${version - 1}`));
}

export class BridgeServices {
  readonly #switch: Switch;
  readonly #directory: string;
  readonly #vlog: Vlog;
  readonly #confined: boolean;
  readonly #servers = new Map<string, OpenFlowServer>();

  constructor(owner: Switch, { directory, vlog, confined }: { directory: string; vlog: Vlog; confined: boolean }) {
    this.#switch = owner;
    this.#directory = directory;
    this.#vlog = vlog;
    this.#confined = confined;
  }

  /** Connections of all bridges. */
  get connections(): number {
    let count = 0;
    for (const { agent } of this.#servers.values()) count += agent.sessions.size;
    return count;
  }

  /** Whether a controller's target is refused; why is in the log, once. */
  #refusalOf(bridge: string): (target: string) => boolean {
    if (!this.#confined) return () => false;
    const log = this.#vlog.logger("bridge");
    const told = new Set<string>();
    return (target) => {
      const why = confinement(bridge, target, this.#directory);
      if (why !== undefined && !told.has(target)) log.err(`bridge ${bridge}: ${why}`);
      if (why !== undefined) told.add(target);
      return why !== undefined;
    };
  }

  #tellGroups({ tables }: SwitchBridge): void {
    const log = this.#vlog.logger("ofproto_dpif");
    tables.onChange(({ groups }) => {
      if (groups.size === 0 || !log.isDebugging()) return;
      for (const id of groups) {
        const group = tables.groups.get(id);
        if (group?.type === "select") for (const line of selectGroupLines(group)) log.dbg(line);
      }
    });
  }

  readonly open: OpenBridge = async ({ name }) => {
    const log = this.#vlog.logger("connmgr");
    const server = new OpenFlowServer({
      switch: this.#switch,
      bridgeName: name,
      directory: this.#directory,
      log: switchLog(this.#vlog.logger("rconn")),
    });
    await server.ready;
    this.#tellGroups(server.agent.bridge);
    log.info(`${name}: added service controller "punix:${this.#directory}/${name}.mgmt"`);
    this.#servers.set(name, server);
    const service = new OpenFlowService(server, (text) => log.warn(`${name}: ${text}`), this.#refusalOf(name));
    return {
      configure: (configuration) => service.configure(configuration),
      controllerStatus: (target) => service.controllerStatus(target),
      close: async () => {
        this.#servers.delete(name);
        await service.close();
      },
    };
  };
}
