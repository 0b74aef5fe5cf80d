/**
 * The daemon: datapath, switch, database, sockets.
 *
 * Invariants: `start` resolves when the switch is what the database wants and ovs-appctl is answered. After `close` nothing of
 *   it is left: no device, no socket, no timer. A database that is away is no reason to stop forwarding.
 */
import { DatabaseClient } from "../../ovsdb/client.ts";
import { Reconciler } from "../../ovsdb/reconciler/reconciler.ts";
import { DATABASE, LOCK, SELECTION } from "../../ovsdb/reconciler/tables.ts";
import { Switch, type SwitchBridge, type SwitchPort } from "../../slowpath/switch.ts";
import { COMMANDS } from "../../unixctl/commands/list.ts";
import { FlowLog } from "../../unixctl/flow-log.ts";
import { serveUnixctl, type UnixctlServer } from "../../unixctl/server.ts";
import type { ConfiguredInterface, DummyPorts, TunnelTables, VirtualClock, Vswitchd } from "../../unixctl/vswitchd.ts";
import type { Vlog } from "../../vlog/vlog.ts";
import { BridgeServices } from "./bridge-service.ts";
import { coverageCounts } from "./coverage.ts";
import { switchLog } from "./log.ts";
import type { VswitchdOptions } from "./options.ts";
import { VERSION } from "./usage.ts";
import { makeWorld, type World } from "./world.ts";

export interface DaemonOptions {
  readonly database: string;
  /** Directory of the bridges' sockets. */
  readonly directory: string;
  /** Path of the control socket; undefined: none. */
  readonly control: string | undefined;
  readonly vlog: Vlog;
  readonly confined: boolean;
  readonly dummy: VswitchdOptions["dummy"];
}

export class Daemon implements Vswitchd {
  readonly version = VERSION;
  readonly switch: Switch;
  readonly vlog: Vlog;
  readonly clock: VirtualClock | undefined;
  readonly dummies: DummyPorts | undefined;
  readonly tunnels: TunnelTables | undefined;
  /** Resolves when `exit` was asked for: whether with --cleanup. */
  readonly exitAsked: Promise<boolean>;
  readonly #client: DatabaseClient;
  readonly #reconciler: Reconciler;
  readonly #services: BridgeServices;
  #askExit!: (cleanup: boolean) => void;
  #unixctl: UnixctlServer | undefined;

  static async start(options: DaemonOptions): Promise<Daemon> {
    const world = await makeWorld(options.dummy, options.vlog);
    let daemon: Daemon;
    try {
      daemon = new Daemon(options, world);
    } catch (error) {
      await world.datapath.close();
      throw error;
    }
    try {
      await daemon.#serve(options);
      return daemon;
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  private constructor({ database, directory, vlog, confined }: DaemonOptions, world: World) {
    const { datapath, now, clock, dummies, tunnels, settle, ...usual } = world;
    this.vlog = vlog;
    this.exitAsked = new Promise((resolve) => {
      this.#askExit = resolve;
    });
    this.clock = clock;
    this.dummies = dummies;
    this.tunnels = tunnels;
    this.switch = new Switch({ datapath, now, select: "recirculate", log: switchLog(vlog.logger("ofproto_dpif")) });
    this.switch.flowWatcher = new FlowLog(this.switch, vlog.logger("dpif_netdev"));
    settle?.(this.switch);
    this.#services = new BridgeServices(this.switch, { directory, vlog, confined });
    this.#reconciler = new Reconciler({
      ...usual,
      switch: this.switch,
      client: () => this.#client,
      openBridge: this.#services.open,
      log: vlog.logger("bridge"),
      tellCapability: (line) => vlog.logger("ofproto_dpif").info(line),
    });
    this.#client = new DatabaseClient({
      remote: database,
      database: DATABASE,
      tables: SELECTION,
      lock: LOCK,
      log: vlog.logger("reconnect"),
      changed: () => this.#reconciler.changed(),
    });
    world.afterWarp?.(() => this.#reconciler.idle());
  }

  bridges(): SwitchBridge[] {
    return this.#reconciler.bridges().map(({ bridge }) => bridge);
  }

  datapathType({ datapathType }: SwitchBridge): string {
    return datapathType;
  }

  interfaceOf(bridge: SwitchBridge, { name }: SwitchPort): ConfiguredInterface | undefined {
    return this.#reconciler.interfaceOf(bridge.name, name);
  }

  memory(): Record<string, number> {
    return { "idl-cells-Open_vSwitch": this.#client.replica?.cells ?? 0, ofconns: this.#services.connections };
  }

  coverage(): Record<string, bigint> {
    return coverageCounts(this.switch);
  }

  exit(cleanup: boolean): void {
    this.#askExit(cleanup);
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#reconciler.close();
    await this.#unixctl?.close();
    await this.switch.close();
  }

  async #serve({ control, vlog }: DaemonOptions): Promise<void> {
    if (control !== undefined) this.#unixctl = await serveUnixctl(control, COMMANDS, this, vlog.logger("unixctl"));
    await Promise.race([this.#reconciler.configured, this.exitAsked]);
    if (!this.#reconciler.isAside) vlog.logger("bridge").info(VERSION);
  }
}
