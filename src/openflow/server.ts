/**
 * A bridge's OpenFlow: `<bridge>.mgmt` for whoever wants to talk to it (ovs-ofctl, ovn-controller), `<bridge>.snoop` for whoever wants to
 * listen in on its controllers, and the controllers themselves, called or awaited.
 *
 * Invariants: nothing that a peer does harms another peer or the switch. After `close` nothing of it is left, sockets included.
 */
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Switch, SwitchBridge, SwitchLog } from "../slowpath/switch.ts";
import { handlers } from "./handlers/list.ts";
import { BridgeAgent } from "./server/bridge-agent.ts";
import { type ConnectionStatus, ControllerConnection } from "./server/controller-connection.ts";
import { type Listener, listen } from "./server/listener.ts";
import { Session, type SessionOptions } from "./server/session.ts";
import { parseTarget } from "./server/target.ts";
import type { Version } from "./wire/version.ts";

export interface OpenFlowServerOptions {
  readonly switch: Switch;
  readonly bridgeName: string;
  /** Where the sockets go: OVS_RUNDIR. */
  readonly directory: string;
  readonly log?: SwitchLog;
  /** Milliseconds of silence after which a peer is asked whether it is there; default 60 s, 0: never. */
  readonly probeInterval?: number;
}

export interface ControllerOptions {
  /** `tcp:…`, `unix:…`, `ptcp:…` or `punix:…`. */
  readonly target: string;
  readonly probeInterval?: number;
  /** Milliseconds. */
  readonly maxBackoff?: number;
}

interface Controller {
  readonly options: ControllerOptions;
  close(): Promise<void> | void;
  status(): ConnectionStatus | undefined;
}

const silent: SwitchLog = { info: () => {}, warn: () => {}, error: () => {} };
/** Connections to one socket at a time. */
const SESSIONS_LIMIT = 256;

export class OpenFlowServer {
  /** Resolves when both sockets are there; rejects when they cannot be had. */
  readonly ready: Promise<void>;
  readonly agent: BridgeAgent;
  readonly #options: OpenFlowServerOptions;
  readonly #log: SwitchLog;
  readonly #bridge: SwitchBridge;
  readonly #listeners: Listener[] = [];
  readonly #controllers = new Map<string, Controller>();
  readonly #snoopers = new Set<Session>();
  #versions: readonly Version[] | undefined;
  #count = 0;

  constructor(options: OpenFlowServerOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#bridge = options.switch.bridge(options.bridgeName);
    this.agent = new BridgeAgent(options.switch, this.#bridge);
    this.ready = this.#listen();
    this.ready.catch(() => {});
  }

  /** Versions that connections from now on may speak; undefined: all. */
  setVersions(versions: readonly Version[] | undefined): void {
    this.#versions = versions;
  }

  /**
   * The controllers that are wanted from now on. Those that were wanted before with the same options stay connected.
   * @returns what is wrong with those that cannot be had, by their target
   */
  setControllers(wanted: readonly ControllerOptions[]): ReadonlyMap<string, string> {
    const complaints = new Map<string, string>();
    const targets = new Map(wanted.map((options) => [options.target, options]));
    for (const [target, controller] of this.#controllers) {
      if (sameOptions(controller.options, targets.get(target))) continue;
      void controller.close();
      this.#controllers.delete(target);
    }
    for (const [target, options] of targets) {
      if (this.#controllers.has(target)) continue;
      try {
        this.#controllers.set(target, this.#controller(options));
      } catch (error) {
        complaints.set(target, (error as Error).message);
      }
    }
    return complaints;
  }

  controllerStatus(target: string): ConnectionStatus | undefined {
    return this.#controllers.get(target)?.status();
  }

  async close(): Promise<void> {
    await this.ready.catch(() => {});
    this.setControllers([]);
    for (const session of [...this.agent.sessions, ...this.#snoopers]) session.close("the bridge is gone");
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    this.agent.close();
  }

  async #listen(): Promise<void> {
    const { directory, bridgeName } = this.#options;
    const at = (suffix: string) => ({ kind: "listen", path: join(directory, `${bridgeName}.${suffix}`) }) as const;
    const mgmt = await listen(at("mgmt"), (socket) => this.#serve(socket));
    this.#listeners.push(mgmt);
    this.#listeners.push(await listen(at("snoop"), (socket) => this.#snoop(socket)));
  }

  #open(socket: Socket, kind: Session["kind"], name: string, more: Partial<SessionOptions> = {}): Session {
    return new Session({
      agent: this.agent,
      stream: socket,
      kind,
      name: `${this.#bridge.name}<->${name}`,
      log: this.#log,
      handlers,
      versions: this.#versions,
      probeInterval: this.#options.probeInterval,
      ...more,
    });
  }

  #serve(socket: Socket): void {
    if (this.agent.sessions.size >= SESSIONS_LIMIT) {
      this.#log.warn({ bridge: this.#bridge.name }, "too many OpenFlow connections");
      socket.destroy();
      return;
    }
    this.#open(socket, "service", `unix#${this.#count++}`);
  }

  /** Hears what passes between the bridge and its controllers, the primary one if there is one, and may say nothing. */
  #snoop(socket: Socket): void {
    const session: Session = this.#open(socket, "service", `snoop#${this.#count++}`, {
      handlers: {},
      onReady: () => {
        this.agent.sessions.delete(session);
        const controllers = [...this.agent.sessions].filter(({ kind }) => kind === "controller");
        const primary = controllers.find(({ role }) => role === "primary") ?? controllers[0];
        primary?.snoopers.add(session);
      },
      onClose: () => {
        this.#snoopers.delete(session);
        for (const other of this.agent.sessions) other.snoopers.delete(session);
      },
    });
    this.#snoopers.add(session);
  }

  #controller(options: ControllerOptions): Controller {
    const place = parseTarget(options.target);
    const { target, probeInterval = this.#options.probeInterval, maxBackoff } = options;
    if (place.kind === "connect") {
      const connection = new ControllerConnection({
        target,
        place,
        log: this.#log,
        maxBackoff,
        open: (socket, onReady, onClose) =>
          this.#open(socket, "controller", target, { probeInterval, onReady, onClose }),
      });
      return { options, close: () => connection.close(), status: () => connection.status };
    }
    return this.#awaitControllers(options, probeInterval);
  }

  /** Whoever calls at a passive target is served as ovs-ofctl is. */
  #awaitControllers(options: ControllerOptions, probeInterval: number | undefined): Controller {
    const { target } = options;
    const sessions = new Set<Session>();
    const listening = listen(parseTarget(target), (socket) => {
      const session: Session = this.#open(socket, "service", `${target}#${this.#count++}`, {
        probeInterval,
        onClose: () => sessions.delete(session),
      });
      sessions.add(session);
    });
    let lastError: string | undefined;
    listening.catch((error: Error) => {
      lastError = error.message;
      this.#log.warn({ controller: target, err: error }, "cannot listen for controllers");
    });
    const since = performance.now();
    return {
      options,
      async close() {
        for (const session of sessions) session.close("the controller is no longer wanted");
        await listening.then((listener) => listener.close()).catch(() => {});
      },
      status: () => ({
        connected: sessions.size > 0,
        state: sessions.size > 0 ? "ACTIVE" : "CONNECTING",
        secondsInState: Math.floor((performance.now() - since) / 1000),
        lastError,
      }),
    };
  }
}

function sameOptions(a: ControllerOptions, b: ControllerOptions | undefined): boolean {
  return b !== undefined && a.probeInterval === b.probeInterval && a.maxBackoff === b.maxBackoff;
}
