/** The daemon as its ovs-appctl commands see it. */
import type { Switch, SwitchBridge } from "../slowpath/switch.ts";
import type { Vlog } from "../vlog/vlog.ts";

export interface Vswitchd {
  /** "ovs-vswitchd (Open vSwitch) 3.1.0": what scripts compare. */
  readonly version: string;
  readonly switch: Switch;
  readonly vlog: Vlog;
  /** Bridges of the configuration, by name. */
  bridges(): SwitchBridge[];
  /** Ends the daemon once the answer is on its way. @param cleanup takes bridges and ports away before. */
  exit(cleanup: boolean): void;
}
