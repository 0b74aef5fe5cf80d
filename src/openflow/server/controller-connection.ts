/** A connection that the switch itself makes to a controller, again and again with growing pauses when it is lost. */
import { connect, type Socket } from "node:net";
import type { SwitchLog } from "../../slowpath/switch.ts";
import type { Session } from "./session.ts";
import type { Target } from "./target.ts";

export interface ControllerConnectionOptions {
  readonly target: string;
  readonly place: Extract<Target, { kind: "connect" | "listen" }>;
  readonly log: SwitchLog;
  /** Longest pause between two attempts, in milliseconds. */
  readonly maxBackoff?: number;
  /** Makes the session of a socket that is connected. */
  readonly open: (socket: Socket, onReady: () => void, onClose: (reason: string) => void) => Session;
}

export interface ConnectionStatus {
  readonly connected: boolean;
  readonly state: "CONNECTING" | "BACKOFF" | "ACTIVE";
  /** Seconds in this state. */
  readonly secondsInState: number;
  readonly secondsSinceConnect?: number;
  readonly secondsSinceDisconnect?: number;
  readonly lastError?: string;
  readonly session?: Session;
}

const FIRST_PAUSE = 1000;
const DEFAULT_MAX_BACKOFF = 8000;
const CONNECT_TIMEOUT = 10_000;

export class ControllerConnection {
  readonly target: string;
  readonly #options: ControllerConnectionOptions;
  #socket: Socket | undefined;
  #session: Session | undefined;
  #pause = 0;
  #timer: NodeJS.Timeout | undefined;
  #state: ConnectionStatus["state"] = "CONNECTING";
  #stateSince = performance.now();
  #connectedAt: number | undefined;
  #lostAt: number | undefined;
  #lastError: string | undefined;
  #closed = false;

  constructor(options: ControllerConnectionOptions) {
    this.target = options.target;
    this.#options = options;
    this.#connect();
  }

  get status(): ConnectionStatus {
    const since = (at: number | undefined): number | undefined =>
      at === undefined ? undefined : Math.floor((performance.now() - at) / 1000);
    return {
      connected: this.#state === "ACTIVE",
      state: this.#state,
      secondsInState: since(this.#stateSince)!,
      secondsSinceConnect: since(this.#connectedAt),
      secondsSinceDisconnect: since(this.#lostAt),
      lastError: this.#lastError,
      session: this.#session,
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#session?.close("the controller is no longer wanted");
    this.#socket?.destroy();
  }

  #enter(state: ConnectionStatus["state"]): void {
    this.#state = state;
    this.#stateSince = performance.now();
  }

  #connect(): void {
    if (this.#closed) return;
    this.#enter("CONNECTING");
    const { place, open } = this.#options;
    const socket = "path" in place ? connect(place.path) : connect(place.port, place.host);
    this.#socket = socket;
    socket.setTimeout(CONNECT_TIMEOUT, () => socket.destroy(new Error("connection attempt timed out")));
    const failed = (error: Error): void => this.#lost(error.message);
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      socket.setTimeout(0);
      socket.setNoDelay(true);
      this.#session = open(
        socket,
        () => this.#ready(),
        (reason) => this.#lost(reason),
      );
    });
  }

  #ready(): void {
    this.#pause = 0;
    this.#connectedAt = performance.now();
    this.#enter("ACTIVE");
    this.#options.log.info({ controller: this.target }, "connected to controller");
  }

  #lost(reason: string): void {
    this.#session = undefined;
    if (this.#closed) return;
    if (this.#state === "ACTIVE") this.#lostAt = performance.now();
    this.#lastError = reason;
    const { log, maxBackoff = DEFAULT_MAX_BACKOFF } = this.#options;
    this.#pause = Math.min(maxBackoff, this.#pause === 0 ? FIRST_PAUSE : this.#pause * 2);
    log.info({ controller: this.target, reason, again: this.#pause }, "no connection to controller");
    this.#enter("BACKOFF");
    this.#timer = setTimeout(() => this.#connect(), this.#pause);
    this.#timer.unref();
  }
}
