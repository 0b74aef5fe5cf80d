/**
 * What Open_vSwitch.other_config says of the switch as a whole: ovs-vswitchd.conf.db(5), and keys of our own, which begin with
 * "megaflow-":
 *
 *   megaflow-select  how select groups (OVN's load balancers) are done: "recirculate", as OVS does and so the default: a hash, and a
 *                    megaflow for each of its values; or "one-pass": one datapath action that hashes and picks the bucket.
 *
 * hw-offload is in force at once, where OVS asks to be started again.
 */

import { SystemCallError } from "../../kernel/errno.ts";
import { DEFAULT_BUNDLE_IDLE, DEFAULT_FLOW_LIMIT, DEFAULT_MAX_IDLE, type Switch } from "../../slowpath/switch.ts";
import { SELECT_MODES, type SelectMode } from "../../slowpath/translate/select.ts";

const SELECT = "megaflow-select";
const OFFLOAD = "hw-offload";
const DEFAULT_SELECT: SelectMode = "recirculate";

const isSelectMode = (text: string): text is SelectMode => (SELECT_MODES as readonly string[]).includes(text);

export class SwitchSettings {
  readonly #switch: Switch;
  readonly #complain: (text: string) => void;
  #applied: ReadonlyMap<string, string> = new Map();

  constructor(owner: Switch, complain: (text: string) => void) {
    this.#switch = owner;
    this.#complain = complain;
  }

  /** Only what has changed: somebody may have set it otherwise since, by ovs-appctl. */
  async apply(config: ReadonlyMap<string, string>): Promise<void> {
    const before = this.#applied;
    this.#applied = config;
    if (before.get(OFFLOAD) !== config.get(OFFLOAD)) await this.#setOffload(config.get(OFFLOAD) === "true");
    const set = (name: string, apply: (value: number | undefined) => void): void => {
      if (before.get(name) !== config.get(name)) apply(wholeNumber(config.get(name)));
    };
    const mode = config.get(SELECT) ?? DEFAULT_SELECT;
    if (before.get(SELECT) !== config.get(SELECT)) {
      if (isSelectMode(mode)) this.#switch.select = mode;
      else this.#complain(`other_config:${SELECT} is "${mode}": it can be ${SELECT_MODES.join(" or ")}`);
    }
    set("flow-limit", (flows) => {
      this.#switch.flowLimit = flows ?? DEFAULT_FLOW_LIMIT;
    });
    set("max-idle", (milliseconds) => {
      this.#switch.maxIdle = milliseconds ?? DEFAULT_MAX_IDLE;
    });
    set("bundle-idle-timeout", (seconds) => {
      this.#switch.bundleIdle = seconds ? seconds * 1000 : DEFAULT_BUNDLE_IDLE;
    });
  }

  async #setOffload(on: boolean): Promise<void> {
    try {
      await this.#switch.datapath.setOffload(on);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#complain(`other_config:${OFFLOAD}: ${error.message}`);
    }
  }
}

/** undefined: there is none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
