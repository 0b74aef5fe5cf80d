/** What a bridge offers to the world besides forwarding: its OpenFlow sockets. Whoever runs the daemon provides it. */
import type { SwitchBridge } from "../../slowpath/switch.ts";
import type { Datum } from "../datum.ts";
import type { BridgeConfiguration } from "./configuration.ts";

export interface BridgeService {
  /** Controllers, protocols, fail mode. */
  configure(configuration: BridgeConfiguration): void;
  /** Columns of a Controller row: is_connected, role, status. */
  controllerStatus(target: string): Readonly<Record<string, Datum>> | undefined;
  close(): Promise<void>;
}

/** Resolves when the bridge can be talked to. */
export type OpenBridge = (bridge: SwitchBridge) => Promise<BridgeService>;
